/* SPDX-License-Identifier: MIT */
#include "base/json_write.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_json_write__keeps_commas_and_nesting(void **state)
{
  (void)state;
  struct buf out = buf_make(1000);
  struct json_writer w = json_write_to(&out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "t", span_of("x"));
  json_open(&w, "a", '[');
  json_put_int(&w, NULL, 1);
  json_open(&w, NULL, '[');
  json_close(&w, ']');
  json_open(&w, NULL, '{');
  json_put_null(&w, "n");
  json_close(&w, '}');
  json_put_bool(&w, NULL, false);
  json_close(&w, ']');
  json_put_bool(&w, "b", true);
  json_put_raw(&w, "r", span_of("1.0"));
  json_put_raw(&w, "e", (struct span){NULL, 0});
  json_close(&w, '}');
  assert_string_equal(buf_cstring(&out),
                      "{\"t\":\"x\",\"a\":[1,[],{\"n\":null},false],\"b\":true,"
                      "\"r\":1.0,\"e\":null}");
  buf_free(&out);
}

static void int_is(long long n, const char *text)
{
  struct buf out = buf_make(100);
  struct json_writer w = json_write_to(&out);
  json_put_int(&w, NULL, n);
  assert_string_equal(buf_cstring(&out), text);
  buf_free(&out);
}

static void test_json_write__prints_integers_whole(void **state)
{
  (void)state;
  int_is(0, "0");
  int_is(-1, "-1");
  int_is(1795233235123, "1795233235123");
  int_is(LLONG_MAX, "9223372036854775807");
  int_is(LLONG_MIN, "-9223372036854775808");
}

static void escapes(struct span text, const char *to)
{
  struct buf out = buf_make(1000);
  json_escape(&out, text);
  assert_string_equal(buf_cstring(&out), to);
  assert_int_equal(json_escaped_length(text), out.len);
  buf_free(&out);
}

static void test_json_write__escapes_as_json_stringify_does(void **state)
{
  (void)state;
  escapes((struct span){NULL, 0}, "\"\"");
  escapes(SPAN_LITERAL("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
  escapes(SPAN_LITERAL("\b\t\n\f\r\v\0\x1f\x7f"),
          "\"\\b\\t\\n\\f\\r\\u000b\\u0000\\u001f\x7f\"");
  escapes(SPAN_LITERAL("\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80"),
          "\"\xc3\xa4\xe2\x80\xa8\xf0\x9f\x98\x80\"");
  escapes(SPAN_LITERAL("\xed\xa0\xbdz\xed\xb8\x80\xed\x9f\xbf"),
          "\"\\ud83dz\\ude00\xed\x9f\xbf\"");
  escapes(SPAN_LITERAL("\xed\xa0"), "\"\xed\xa0\""); /* not WTF-8: the caller's bytes */
}

static void test_json_write__finds_the_special_byte_at_every_offset(void **state)
{
  (void)state;
  for (size_t at = 0; at < 40; at++) {
    char text[40], expected[64] = "\"";
    memset(text, 'a', sizeof text);
    memset(expected + 1, 'a', 40);
    text[at] = '\n';
    memcpy(expected + 1 + at, "\\n", 2);
    memset(expected + 1 + at + 2, 'a', 39 - at);
    memcpy(expected + 42, "\"", 2);
    escapes((struct span){text, sizeof text}, expected);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_write__keeps_commas_and_nesting),
      cmocka_unit_test(test_json_write__prints_integers_whole),
      cmocka_unit_test(test_json_write__escapes_as_json_stringify_does),
      cmocka_unit_test(test_json_write__finds_the_special_byte_at_every_offset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
