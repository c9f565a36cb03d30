/* SPDX-License-Identifier: MIT */
#include "http/http_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_http_host__takes_the_names_of_this_machine_only(void **state)
{
  (void)state;
  static const char *const good[] = {"localhost",   "LocalHost:8080",  "127.0.0.1",
                                     "127.0.0.1:1", "127.9.8.7:65535", "[::1]",
                                     "[::1]:80"};
  static const char *const bad[] = {"",
                                    ":80",
                                    "localhost:",
                                    "localhost:x",
                                    "localhost:80:80",
                                    "localhost:65536",
                                    "localhost.example.org",
                                    "127.example.org",
                                    "127.0.0",
                                    "127.0.0.256",
                                    "127.0.0.1.example.org",
                                    "0.0.0.0",
                                    "10.0.0.1",
                                    "::1",
                                    "[::1",
                                    "[::2]",
                                    "]",
                                    "[::1]x",
                                    "localhost@example.org"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(http_host_is_loopback(span_of(good[i])));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(http_host_is_loopback(span_of(bad[i])));
}

static void test_http_host__an_origin_is_a_scheme_and_such_a_name(void **state)
{
  (void)state;
  static const char *const good[] = {"http://localhost", "https://127.0.0.1:5173",
                                     "http://[::1]:5"};
  static const char *const bad[] = {"",
                                    "null",
                                    "localhost",
                                    "ftp://localhost",
                                    "http://",
                                    "http://localhost@example.org",
                                    "http://localhost/"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(http_origin_is_loopback(span_of(good[i])));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(http_origin_is_loopback(span_of(bad[i])));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_host__takes_the_names_of_this_machine_only),
      cmocka_unit_test(test_http_host__an_origin_is_a_scheme_and_such_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
