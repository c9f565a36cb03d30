/* SPDX-License-Identifier: MIT */
#include "base/json_slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void slice_is(const char *text, const char *path, const char *value)
{
  struct span s = json_slice(span_of(text), path);
  if (!span_is(s, value))
    fail_msg("%s of %s is \"%.*s\"", path, text, (int)s.len, s.at != NULL ? s.at : "");
}

static void test_json_slice__gives_the_values_own_bytes(void **state)
{
  (void)state;
  static const char text[] =
      "{ \"id\" : 12345678901234567890 , \"params\":{\"name\":\"x\","
      "\"arguments\": { \"b\":1.0, \"a\":[\"}\\\"\",{}] } },\"z\":\"e\\\\\"}";
  slice_is(text, "id", "12345678901234567890");
  slice_is(text, "params.name", "\"x\"");
  slice_is(text, "params.arguments", "{ \"b\":1.0, \"a\":[\"}\\\"\",{}] }");
  slice_is(text, "params.arguments.a", "[\"}\\\"\",{}]");
  slice_is(text, "z", "\"e\\\\\"");
  slice_is("\xef\xbb\xbf{\"a\":null}", "a", "null");
}

static void test_json_slice__is_empty_where_there_is_nothing(void **state)
{
  (void)state;
  slice_is("{\"a\":{\"b\":1}}", "b", "");
  slice_is("{\"a\":{\"b\":1}}", "a.c", "");
  slice_is("{\"a\":1}", "a.b", "");
  slice_is("{\"a\":[{\"b\":1}]}", "a.b", "");
  slice_is("[1]", "a", "");
  slice_is("{}", "a", "");
  slice_is("", "a", "");
  slice_is("\"a\"", "a", "");
}

static void
test_json_slice__the_last_duplicate_wins_and_names_may_be_escaped(void **state)
{
  (void)state;
  slice_is("{\"a\":1,\"\\u0061\":2}", "a", "2");
  slice_is("{\"a\":{\"b\":1},\"a\":7}", "a.b", "");
  slice_is("{\"aa\":1,\"A\":2}", "a", "");
  slice_is("{\"\":1}", "", "1");
}

static void test_json_slice__reads_nothing_outside_of_broken_text(void **state)
{
  (void)state;
  static const char text[] = "{\"a\" : {\"b\\u0062\" : [\"x\\\"\", 12 ] , \"c\":true}}";
  for (size_t len = 0; len < sizeof text; len++) {
    struct buf part = buf_make(1000); /* of its own, for ASan */
    buf_add(&part, (struct span){text, len});
    struct span s = json_slice(buf_span(&part), "a.c");
    assert_true(s.len == 0 || (s.at >= part.at && s.at + s.len <= part.at + part.len));
    buf_free(&part);
  }
}

static void test_json_slice__kind_is_seen_by_the_first_byte(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    enum json_kind kind;
  } rows[] = {{"", JSON_ABSENT},     {"null", JSON_NULL}, {"true", JSON_TRUE},
              {"false", JSON_FALSE}, {"-1", JSON_NUMBER}, {"0", JSON_NUMBER},
              {"\"\"", JSON_STRING}, {"[", JSON_ARRAY},   {"{", JSON_OBJECT},
              {"x", JSON_ABSENT}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(json_slice_kind(span_of(rows[i].text)), rows[i].kind);
}

static void unescapes(const char *raw, const char *text, size_t len)
{
  /* the ceiling is one for the text, not for its escapes */
  struct buf out = buf_make(len);
  char into[100];
  json_unescape(span_of(raw), &out);
  assert_false(out.overflowed);
  assert_int_equal(out.len, len);
  if (len > 0)
    assert_memory_equal(out.at, text, len);
  assert_int_equal(json_unescape_into(span_of(raw), into), len);
  assert_memory_equal(into, text, len);
  buf_free(&out);
}

static void test_json_unescape__knows_every_escape(void **state)
{
  (void)state;
  unescapes("\"\"", "", 0);
  unescapes("\"plain\"", "plain", 5);
  unescapes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
  unescapes("\"\\u0000\\u007f\\u0080\\u07FF\\u0800\\uffff\"",
            "\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 12);
  unescapes("\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4);
  unescapes("\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf", 4);
  unescapes("\"\\ud83d\"", "\xed\xa0\xbd", 3);
  unescapes("\"\\ude00\\ud83d\"", "\xed\xb8\x80\xed\xa0\xbd", 6);
  unescapes("\"\\ud83dx\"", "\xed\xa0\xbdx", 4);
}

static void test_json_unescape__pieces_join_without_a_seam(void **state)
{
  (void)state;
  struct buf raw = buf_make(100000), out = buf_make(100000);
  buf_add_char(&raw, '"');
  for (int i = 0; i < 2000; i++)
    buf_addf(&raw, "%s\\ud83d\\ude00", i % 3 == 0 ? "a" : "");
  buf_add_char(&raw, '"');
  json_unescape(buf_span(&raw), &out);
  assert_int_equal(out.len, 667 + 4 * 2000);
  for (size_t i = 0; i < out.len;) {
    bool letter = out.at[i] == 'a';
    assert_true(letter || memcmp(out.at + i, "\xf0\x9f\x98\x80", 4) == 0);
    i += letter ? 1 : 4;
  }
  buf_free(&raw);
  buf_free(&out);
}

static void test_json_plain_length__finds_the_special_byte_at_every_offset(void **state)
{
  (void)state;
  static const char special[] = {'"', '\\', '\n', 0, 0x1f};
  for (size_t at = 0; at < 40; at++) {
    for (size_t i = 0; i < sizeof special; i++) {
      char text[40];
      memset(text, i % 2 == 0 ? 0xff : 0x20, sizeof text);
      text[at] = special[i];
      assert_int_equal(json_plain_length((struct span){text, sizeof text}), at);
    }
  }
  assert_int_equal(json_plain_length((struct span){NULL, 0}), 0);
}

static void test_json_slice__walks_through_members_and_elements(void **state)
{
  (void)state;
  struct json_walk w = json_slice_walk(SPAN_LITERAL(" { \"a\" : [1] ,\"\\u0062\":{}}"));
  assert_true(json_slice_next(&w));
  assert_true(span_is(w.key, "\"a\"") && span_is(w.value, "[1]"));
  assert_true(json_slice_next(&w));
  assert_true(json_slice_says(w.key, SPAN_LITERAL("b")) && span_is(w.value, "{}"));
  assert_false(json_slice_next(&w));
  assert_false(json_slice_next(&w));
  w = json_slice_walk(SPAN_LITERAL("[ true , {\"x\":1},\"]\"]"));
  assert_true(json_slice_next(&w) && span_is(w.value, "true") && w.key.len == 0);
  assert_true(json_slice_next(&w) && span_is(w.value, "{\"x\":1}"));
  assert_true(json_slice_next(&w) && span_is(w.value, "\"]\""));
  assert_false(json_slice_next(&w));
  static const char *const none[] = {"", "{}", "[ ]", "7", "\"[1]\"", "null"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    w = json_slice_walk(span_of(none[i]));
    assert_false(json_slice_next(&w));
  }
}

static void test_json_slice__a_member_is_found_by_a_name_with_dots(void **state)
{
  (void)state;
  struct span object = SPAN_LITERAL("{\"a.b\":1,\"\":2,\"a\":{\"b\":3}}");
  assert_true(span_is(json_slice_member(object, SPAN_LITERAL("a.b")), "1"));
  assert_true(span_is(json_slice_member(object, SPAN_LITERAL("")), "2"));
  assert_true(span_is(json_slice(object, "a.b"), "3"));
  assert_int_equal(json_slice_member(SPAN_LITERAL("[1]"), SPAN_LITERAL("a")).len, 0);
}

static void
test_json_slice__an_object_without_a_member_keeps_the_others_bytes(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"{ \"a\": 1 }", "{ \"a\": 1 }"},
      {"{\"x\":1}", "{}"},
      {"{\"a\":1.0 ,\"x\":[{}],\"b\" : 2}", "{\"a\":1.0,\"b\":2}"},
      {"{\"\\u0078\":1,\"x\":2,\"y\":-0}", "{\"y\":-0}"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf out = buf_make(1000);
    json_slice_without(span_of(rows[i][0]), SPAN_LITERAL("x"), &out);
    assert_string_equal(buf_cstring(&out), rows[i][1]);
    buf_free(&out);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json_slice__gives_the_values_own_bytes),
      cmocka_unit_test(test_json_slice__is_empty_where_there_is_nothing),
      cmocka_unit_test(test_json_slice__the_last_duplicate_wins_and_names_may_be_escaped),
      cmocka_unit_test(test_json_slice__reads_nothing_outside_of_broken_text),
      cmocka_unit_test(test_json_slice__walks_through_members_and_elements),
      cmocka_unit_test(test_json_slice__a_member_is_found_by_a_name_with_dots),
      cmocka_unit_test(
          test_json_slice__an_object_without_a_member_keeps_the_others_bytes),
      cmocka_unit_test(test_json_slice__kind_is_seen_by_the_first_byte),
      cmocka_unit_test(test_json_unescape__knows_every_escape),
      cmocka_unit_test(test_json_unescape__pieces_join_without_a_seam),
      cmocka_unit_test(test_json_plain_length__finds_the_special_byte_at_every_offset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
