/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/arena.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const raw_names[] = {"input", "arguments", NULL};
static const struct json_rules raw_rules = {.raw = raw_names};

static struct json *parse(const char *text, const struct json_rules *rules)
{
  struct fault f = {0};
  struct json *doc = json_parse(span_of(text), rules, &f);
  if (doc == NULL)
    fail_msg("%s: %s", text, f.text);
  return doc;
}

/* Both under plain rules and as the inside of a raw member. */
static void refused(const char *text, const char *why)
{
  struct fault f = {0};
  assert_null(json_parse(span_of(text), NULL, &f));
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_string_equal(f.text, why);
}

static void text_is(struct json *doc, json_at v, const char *text, size_t len)
{
  struct span s = json_text(doc, v, SPAN_LITERAL("(no string)"));
  assert_int_equal(s.len, len);
  assert_memory_equal(s.at, text, len);
}

static void root_text_is(const char *json, const char *text, size_t len)
{
  struct json *doc = parse(json, NULL);
  text_is(doc, json_root(doc), text, len);
  json_free(doc);
}

static void test_json__reads_every_kind(void **state)
{
  (void)state;
  struct json *doc =
      parse(" {\"n\":null,\"f\":false,\"t\":true,\"i\":-12.5e1,\"s\":\"x\",\r\n"
            "\"a\":[1,[],{}],\"o\":{\"k\":\"v\"}}\t",
            NULL);
  json_at root = json_root(doc);
  assert_int_equal(json_kind(root), JSON_OBJECT);
  assert_int_equal(json_kind(json_get(root, "n")), JSON_NULL);
  assert_int_equal(json_kind(json_get(root, "f")), JSON_FALSE);
  assert_int_equal(json_kind(json_get(root, "t")), JSON_TRUE);
  assert_int_equal(json_kind(json_get(root, "i")), JSON_NUMBER);
  assert_true(json_number(json_get(root, "i"), 0) == -125);
  text_is(doc, json_get(root, "s"), "x", 1);
  assert_int_equal(json_count(json_get(root, "a")), 3);
  assert_int_equal(json_kind(json_item(json_get(root, "a"), 2)), JSON_OBJECT);
  assert_null(json_item(json_get(root, "a"), 3));
  text_is(doc, json_get(json_get(root, "o"), "k"), "v", 1);
  assert_int_equal(json_count(root), 7);
  json_free(doc);
}

static void test_json__absent_takes_null_everywhere(void **state)
{
  (void)state;
  struct json *doc = parse("[]", NULL);
  unsigned long long n;
  assert_null(json_get(NULL, "a"));
  assert_null(json_get(json_root(doc), "a"));
  assert_null(json_first(NULL));
  assert_null(json_next(NULL));
  assert_null(json_item(NULL, 0));
  assert_int_equal(json_kind(NULL), JSON_ABSENT);
  assert_int_equal(json_count(NULL), 0);
  assert_int_equal(json_key(NULL).len, 0);
  assert_int_equal(json_raw(NULL).len, 0);
  assert_true(json_number(NULL, 7) == 7);
  assert_false(json_whole(NULL, 9, &n));
  assert_true(span_is(json_text(doc, NULL, SPAN_LITERAL("d")), "d"));
  assert_null(json_root(NULL));
  json_free(doc);
  json_free(NULL);
}

static void test_json__member_text_is_empty_where_there_is_no_string(void **state)
{
  (void)state;
  struct fault f = {0};
  struct json *doc = json_parse(SPAN_LITERAL("{\"a\":\"x\\n\",\"b\":1}"), NULL, &f);
  assert_non_null(doc);
  assert_true(span_is(json_member_text(doc, json_root(doc), "a"), "x\n"));
  assert_true(span_is(json_member_text(doc, json_root(doc), "b"), ""));
  assert_true(span_is(json_member_text(doc, json_root(doc), "c"), ""));
  assert_true(span_is(json_member_text(doc, NULL, "a"), ""));
  json_free(doc);
}

static void test_json__keys_compare_case_sensitively_and_the_last_wins(void **state)
{
  (void)state;
  struct json *doc = parse("{\"Name\":1,\"name\":2,\"name\":3}", NULL);
  assert_true(json_number(json_get(json_root(doc), "name"), 0) == 3);
  assert_null(json_get(json_root(doc), "NAME"));
  json_free(doc);
}

static void test_json__unique_keys_refuses_a_name_given_twice(void **state)
{
  (void)state;
  struct json_rules rules = {.unique_keys = true};
  struct fault f = {0};
  assert_null(
      json_parse(span_of("[{\"x\":{\"b\":1,\"a\":2,\"\\u0062\":3}}]"), &rules, &f));
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_string_equal(f.text, "member \"b\" is given twice");
  struct json *doc = parse("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":2}}", &rules);
  json_free(doc);
}

static void test_json__refuses_what_is_outside_the_grammar(void **state)
{
  (void)state;
  refused("", "unexpected end at byte 0");
  refused("  ", "unexpected end at byte 2");
  refused("{\"a\":1} garbage", "text after the value at byte 8");
  refused("01", "text after the value at byte 1");
  refused("1.", "unexpected end at byte 2");
  refused("+1", "unexpected '+' at byte 0");
  refused("-", "unexpected end at byte 1");
  refused(".5", "unexpected '.' at byte 0");
  refused("1e", "unexpected end at byte 2");
  refused("[1,]", "unexpected ']' at byte 3");
  refused("[,1]", "unexpected ',' at byte 1");
  refused("{\"a\":1,}", "unexpected '}' at byte 7");
  refused("{a:1}", "unexpected 'a' at byte 1");
  refused("{\"a\" 1}", "unexpected '1' at byte 5");
  refused("{\"a\":}", "unexpected '}' at byte 5");
  refused("[1}", "unexpected '}' at byte 2");
  refused("[1", "unexpected end at byte 2");
  refused("{\"a\":1", "unexpected end at byte 6");
  refused("nul", "unexpected end at byte 3");
  refused("True", "unexpected 'T' at byte 0");
  refused("NaN", "unexpected 'N' at byte 0");
  refused("\"a", "unfinished string at byte 0");
  refused("\"a\\", "unexpected end at byte 3");
  refused("\"a\nb\"", "control byte in a string at byte 2");
  refused("\"\\x\"", "bad escape at byte 1");
  refused("\"x\\uZZZZy\"", "bad escape at byte 2");
  refused("\"\\u12\"", "bad escape at byte 1");
  refused("\"\\u00\x10\x10\"", "bad escape at byte 1");
  refused("\xc3\xa4", "unexpected byte 0xc3 at byte 0");
  refused("\"\xff\"", "invalid UTF-8 at byte 1");
  refused("{\"a\\u0000b\":1}", "\\u0000 in a member name at byte 1");
  refused("\xef\xbb\xbf\xef\xbb\xbf{}", "unexpected byte 0xef at byte 3");
  refused("[1 2]", "unexpected '2' at byte 3");
  refused("'a'", "unexpected ''' at byte 0");
}

static void test_json__refuses_the_same_inside_a_raw_member(void **state)
{
  (void)state;
  static const char *const bad[] = {"{\"input\":01}",       "{\"input\":[1,]}",
                                    "{\"input\":\"\\x\"}",  "{\"input\":{\"a\":}}",
                                    "{\"input\":\"\n\"}",   "{\"input\":[1}",
                                    "{\"input\":{\"a\":1}", "{\"input\":"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct fault f = {0};
    assert_null(json_parse(span_of(bad[i]), &raw_rules, &f));
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
  }
}

static void test_json__refuses_a_nul_byte(void **state)
{
  (void)state;
  struct fault f = {0};
  assert_null(json_parse(SPAN_LITERAL("\"a\0b\""), NULL, &f));
  assert_string_equal(f.text, "control byte in a string at byte 2");
  assert_null(json_parse(SPAN_LITERAL("{}\0"), NULL, &f));
}

static void test_json__stops_at_the_depth_limit(void **state)
{
  (void)state;
  char text[2 * LIMIT_JSON_DEPTH + 3];
  memset(text, '[', LIMIT_JSON_DEPTH);
  memset(text + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
  struct fault f = {0};
  struct json *doc = json_parse((struct span){text, 2 * LIMIT_JSON_DEPTH}, NULL, &f);
  assert_non_null(doc);
  json_free(doc);
  memset(text, '[', LIMIT_JSON_DEPTH + 1);
  assert_null(json_parse((struct span){text, LIMIT_JSON_DEPTH + 1}, NULL, &f));
  assert_string_equal(f.text, "nested too deep at byte 128");
  char *many = mem_new(100000);
  memset(many, '[', 100000);
  assert_null(json_parse((struct span){many, 100000}, NULL, &f));
  free(many);
}

static void test_json__unescapes(void **state)
{
  (void)state;
  root_text_is("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e4\\u20AC\\ud83d\\ude00\"",
               "\"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 18);
}

static void test_json__keeps_what_stands_behind_a_nul_escape(void **state)
{
  (void)state;
  root_text_is("\"a\\u0000b\\n\"", "a\0b\n", 4);
  struct json *doc = parse("{\"x\":\"\\u0000\",\"y\":\"z\"}", NULL);
  text_is(doc, json_get(json_root(doc), "x"), "\0", 1);
  text_is(doc, json_get(json_root(doc), "x"), "\0", 1); /* asked twice */
  text_is(doc, json_get(json_root(doc), "y"), "z", 1);
  json_free(doc);
}

static void
test_json__keeps_unpaired_surrogates_and_the_writer_gives_them_back(void **state)
{
  (void)state;
  root_text_is("\"a\\ud83dz\"", "a\xed\xa0\xbdz", 5);
  root_text_is("\"\\ude00\"", "\xed\xb8\x80", 3);
  root_text_is("\"\\ud83d\\ud83d\\ude00\"", "\xed\xa0\xbd\xf0\x9f\x98\x80", 7);
  root_text_is("\"\\ud83d\\u0041\"", "\xed\xa0\xbd\x41", 4);
  struct json *doc = parse("{\"\\ud83d\":[\"\\\\\\ud83d\"]}", NULL);
  json_at member = json_first(json_root(doc));
  assert_true(span_is(json_key(member), "\xed\xa0\xbd"));
  struct buf out = buf_make(100);
  json_escape(&out, json_text(doc, json_first(member), SPAN_LITERAL("")));
  assert_string_equal(buf_cstring(&out), "\"\\\\\\ud83d\"");
  buf_free(&out);
  json_free(doc);
}

static void test_json__keeps_raw_members_as_the_senders_bytes(void **state)
{
  (void)state;
  struct json *doc =
      parse("{\"id\":1, \"input\" : { \"a\":12345678901234567890, \"a\":\"\\u0041\"} ,"
            "\"l\":[{\"arguments\":\"s\\n\"},{\"arguments\":null},"
            "{\"arguments\":7},{\"\\u0069nput\":[ ]}]}",
            &raw_rules);
  json_at root = json_root(doc), input = json_get(root, "input"), l = json_get(root, "l");
  assert_true(
      span_is(json_raw(input), "{ \"a\":12345678901234567890, \"a\":\"\\u0041\"}"));
  assert_int_equal(json_kind(input), JSON_OBJECT);
  assert_null(json_get(input, "a"));
  assert_null(json_first(input));
  json_at text = json_get(json_item(l, 0), "arguments");
  assert_int_equal(json_kind(text), JSON_STRING);
  assert_true(span_is(json_raw(text), "\"s\\n\""));
  text_is(doc, text, "s\n", 2);
  assert_int_equal(json_kind(json_get(json_item(l, 1), "arguments")), JSON_NULL);
  assert_true(json_number(json_get(json_item(l, 2), "arguments"), 0) == 7);
  assert_true(span_is(json_raw(json_get(json_item(l, 3), "input")), "[ ]"));
  assert_int_equal(json_raw(json_get(root, "id")).len, 0);
  json_free(doc);
}

static void test_json__nested_raw_names_belong_to_the_outer_one(void **state)
{
  (void)state;
  struct json *doc =
      parse("{\"input\":{\"input\":{\"arguments\":1}},\"b\":{\"input\":2}}", &raw_rules);
  assert_true(span_is(json_raw(json_get(json_root(doc), "input")),
                      "{\"input\":{\"arguments\":1}}"));
  assert_true(span_is(json_raw(json_get(json_get(json_root(doc), "b"), "input")), "2"));
  json_free(doc);
}

static void test_json__long_strings_are_slices(void **state)
{
  (void)state;
  struct buf text = buf_make(SIZE_MAX);
  buf_add_text(&text, "[\"");
  for (int i = 0; i < 1000; i++)
    buf_add_text(&text, "ab\\n");
  buf_add_text(&text, "\",\"");
  for (int i = 0; i < 1000; i++)
    buf_add_text(&text, "cd");
  buf_add_text(&text, "\",\"short\"]");
  struct fault f = {0};
  struct json *doc = json_parse(buf_span(&text), NULL, &f);
  assert_non_null(doc);
  struct span first = json_text(doc, json_item(json_root(doc), 0), SPAN_LITERAL(""));
  assert_int_equal(first.len, 3000);
  assert_memory_equal(first.at + 2997, "ab\n", 3);
  struct span second = json_text(doc, json_item(json_root(doc), 1), SPAN_LITERAL(""));
  assert_int_equal(second.len, 2000);
  assert_true(second.at > text.at && second.at < text.at + text.len); /* not copied */
  assert_int_equal(json_raw(json_item(json_root(doc), 0)).len, 0);    /* nobody asked */
  text_is(doc, json_item(json_root(doc), 2), "short", 5);
  json_free(doc);
  buf_free(&text);
}

static void
test_json__more_tree_than_the_limit_is_too_big_but_one_string_is_not(void **state)
{
  (void)state;
  size_t len = LIMIT_JSON_TREE_BYTES + 10;
  char *text = mem_new(len);
  struct fault f = {0};
  memset(text, ' ', len);
  memcpy(text, "[\"", 2);
  memset(text + 2, 'x', len - 4);
  memcpy(text + len - 2, "\"]", 2);
  struct json *doc = json_parse((struct span){text, len}, NULL, &f);
  assert_non_null(doc);
  assert_int_equal(json_text(doc, json_first(json_root(doc)), SPAN_LITERAL("")).len,
                   len - 4);
  json_free(doc);
  for (size_t i = 1; i + 1 < len; i += 2)
    memcpy(text + i, "1,", 2);
  memcpy(text + len - 3, ",1]", 3);
  text[len - 4] = '1';
  assert_null(json_parse((struct span){text, len}, NULL, &f));
  assert_int_equal(f.kind, FAULT_TOO_BIG);
  memcpy(text, "[\"\\u0000\",", 10); /* the same with something cut out */
  assert_null(json_parse((struct span){text, len}, NULL, &f));
  free(text);
}

static void test_json__a_tree_has_a_most_of_values_and_what_is_raw_is_none(void **state)
{
  (void)state;
  static const char *const raw[] = {"raw", NULL};
  const struct json_rules rules = {.raw = raw};
  struct buf text = buf_make(16 * MIB);
  struct fault f = {0};
  buf_add_text(&text, "{\"raw\":[");
  for (size_t i = 0; i < LIMIT_JSON_VALUES; i++)
    buf_add_text(&text, "0,");
  buf_add_text(&text, "0],\"list\":[");
  for (size_t i = 0; i < LIMIT_JSON_VALUES - 4; i++) /* the object, raw, list, last 0 */
    buf_add_text(&text, "0,");
  buf_add_text(&text, "0]}");
  struct json *doc = json_parse(buf_span(&text), &rules, &f);
  assert_non_null(doc);
  assert_int_equal(json_count(json_get(json_root(doc), "list")), LIMIT_JSON_VALUES - 3);
  json_free(doc);
  buf_clear(&text);
  buf_add_char(&text, '[');
  for (size_t i = 0; i < LIMIT_JSON_VALUES; i++)
    buf_add_text(&text, "0,");
  buf_add_text(&text, "0]");
  assert_null(json_parse(buf_span(&text), NULL, &f));
  assert_int_equal(f.kind, FAULT_TOO_BIG);
  buf_free(&text);
}

static bool whole(const char *text, unsigned long long highest, unsigned long long *value)
{
  struct json *doc = parse(text, NULL);
  bool answer = json_whole(json_root(doc), highest, value);
  json_free(doc);
  return answer;
}

static void test_json__whole_numbers_are_exact_or_refused(void **state)
{
  (void)state;
  unsigned long long n = 0;
  assert_true(whole("0", 0, &n) && n == 0);
  assert_true(whole("-0", 0, &n) && n == 0);
  assert_true(whole("65535", 65535, &n) && n == 65535);
  assert_false(whole("65536", 65535, &n));
  assert_true(whole("1.0", 9, &n) && n == 1);
  assert_true(whole("1e3", 1000, &n) && n == 1000);
  assert_false(whole("1.5", 9, &n));
  assert_false(whole("-1", 9, &n));
  assert_false(whole("1e400", ULLONG_MAX, &n));
  assert_true(whole("9007199254740993", ULLONG_MAX, &n) && n == 9007199254740993ull);
  assert_true(whole("18446744073709551615", ULLONG_MAX, &n) && n == ULLONG_MAX);
  assert_false(whole("18446744073709551616", ULLONG_MAX, &n));
  assert_false(whole("1.0000000000000000000001", 9, &n));
  assert_false(whole("\"1\"", 9, &n));
}

static double number(const char *text)
{
  struct json *doc = parse(text, NULL);
  double answer = json_number(json_root(doc), -7);
  json_free(doc);
  return answer;
}

static void test_json__numbers_of_any_length_are_read(void **state)
{
  (void)state;
  assert_true(number("0.1") == 0.1);
  assert_true(number("0.30000000000000004") == 0.30000000000000004);
  assert_true(number("12345678901234567890") == 12345678901234567890.0);
  assert_true(number("1e400") == -7);
  char digits[201];
  memset(digits, '1', 200);
  digits[200] = 0;
  assert_true(number(digits) > 1e199);
  char text[] = {'-', '3'}; /* no NUL behind */
  struct fault f = {0};
  struct json *doc = json_parse((struct span){text, sizeof text}, NULL, &f);
  assert_true(json_number(json_root(doc), 0) == -3);
  json_free(doc);
}

static void test_json__skips_a_byte_order_mark(void **state)
{
  (void)state;
  struct json *doc = parse("\xef\xbb\xbf{\"a\":1}", NULL);
  assert_true(json_number(json_get(json_root(doc), "a"), 0) == 1);
  json_free(doc);
}

static void test_json__documents_live_side_by_side(void **state)
{
  (void)state;
  struct json *a = parse("{\"a\":\"one\"}", NULL);
  struct json *b = parse("{\"a\":\"two\"}", NULL);
  text_is(a, json_get(json_root(a), "a"), "one", 3);
  json_free(a);
  text_is(b, json_get(json_root(b), "a"), "two", 3);
  json_free(b);
}

static int forget(void **state)
{
  (void)state;
  arena_forget_all();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json__reads_every_kind),
      cmocka_unit_test(test_json__absent_takes_null_everywhere),
      cmocka_unit_test(test_json__member_text_is_empty_where_there_is_no_string),
      cmocka_unit_test(test_json__keys_compare_case_sensitively_and_the_last_wins),
      cmocka_unit_test(test_json__unique_keys_refuses_a_name_given_twice),
      cmocka_unit_test(test_json__refuses_what_is_outside_the_grammar),
      cmocka_unit_test(test_json__refuses_the_same_inside_a_raw_member),
      cmocka_unit_test(test_json__refuses_a_nul_byte),
      cmocka_unit_test(test_json__stops_at_the_depth_limit),
      cmocka_unit_test(test_json__unescapes),
      cmocka_unit_test(test_json__keeps_what_stands_behind_a_nul_escape),
      cmocka_unit_test(
          test_json__keeps_unpaired_surrogates_and_the_writer_gives_them_back),
      cmocka_unit_test(test_json__keeps_raw_members_as_the_senders_bytes),
      cmocka_unit_test(test_json__nested_raw_names_belong_to_the_outer_one),
      cmocka_unit_test(test_json__long_strings_are_slices),
      cmocka_unit_test(
          test_json__more_tree_than_the_limit_is_too_big_but_one_string_is_not),
      cmocka_unit_test(test_json__a_tree_has_a_most_of_values_and_what_is_raw_is_none),
      cmocka_unit_test(test_json__whole_numbers_are_exact_or_refused),
      cmocka_unit_test(test_json__numbers_of_any_length_are_read),
      cmocka_unit_test(test_json__skips_a_byte_order_mark),
      cmocka_unit_test(test_json__documents_live_side_by_side),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
