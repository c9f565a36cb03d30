/* SPDX-License-Identifier: MIT */
#include "http/http_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_http_header__a_type_is_accepted_however_it_is_named(void **state)
{
  (void)state;
  static const char type[] = "text/event-stream";
  assert_true(http_header_accepts(SPAN_LITERAL("text/event-stream"), type));
  assert_true(http_header_accepts(SPAN_LITERAL("a/b, TEXT/Event-Stream;q=0"), type));
  assert_false(http_header_accepts(SPAN_LITERAL("text/event-strea"), type));
  assert_false(http_header_accepts(SPAN_LITERAL("*/*"), type));
  assert_false(http_header_accepts((struct span){0}, type));
}

static void test_http_header__a_value_cannot_end_its_line(void **state)
{
  (void)state;
  struct buf out = buf_make(100);
  buf_add_text(&out, "x:\n");
  http_header_put_value(&out, SPAN_LITERAL("a\r\nb: \xc3\xa4\x7f\0"), '_');
  assert_string_equal(buf_cstring(&out), "x:\na__b: \xc3\xa4__");
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_header__a_type_is_accepted_however_it_is_named),
      cmocka_unit_test(test_http_header__a_value_cannot_end_its_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
