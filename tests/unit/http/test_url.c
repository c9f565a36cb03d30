/* SPDX-License-Identifier: MIT */
#include "http/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_url__takes_http_with_a_host_and_no_credentials(void **state)
{
  (void)state;
  static const char *const good[] = {"http://h", "https://h.example:8443/p?q=1",
                                     "HTTP://[::1]:80/", "http://h/?u=http:///x",
                                     "http://127.0.0.1:1"};
  static const char *const bad[] = {"",
                                    "h",
                                    "ftp://h/",
                                    "http:///p",
                                    "http://",
                                    "http://u:p@h/",
                                    "http://u@h/",
                                    "http://h:99999/",
                                    "http://a b/",
                                    "file:///etc/passwd",
                                    "http://h\n/"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct fault f = {0};
    if (url_check(span_of(good[i]), &f) != 0)
      fail_msg("%s: %s", good[i], f.text);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct fault f = {0};
    if (url_check(span_of(bad[i]), &f) == 0)
      fail_msg("\"%s\" was taken", bad[i]);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
  }
  struct fault f = {0};
  assert_int_equal(url_check((struct span){"http://h\0x", 10}, &f), -1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_url__takes_http_with_a_host_and_no_credentials),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
