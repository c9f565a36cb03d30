/* SPDX-License-Identifier: MIT */
#include "request/tool_schema.h"

#include "base/json.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
  const char *sent, *offered, *why;
};

static void is_json(struct span text)
{
  struct fault f = {0};
  struct json *doc = json_parse(text, NULL, &f);
  if (!doc)
    fail_msg("%s: %.*s", f.text, SPAN_ARG(text));
  json_free(doc);
}

static void expect(const struct row *row, bool union_keys)
{
  struct buf out = buf_make(MIB), why = buf_make(MIB);
  tool_schema_write(span_of(row->sent), union_keys, &out, &why);
  is_json(buf_span(&out));
  assert_string_equal(buf_cstring(&out), row->offered);
  assert_string_equal(buf_cstring(&why), row->why);
  buf_free(&out);
  buf_free(&why);
}

#define EXPECT(rows, union_keys)                                                         \
  for (size_t row_ = 0; row_ < sizeof rows / sizeof *rows; row_++)                       \
  expect(&rows[row_], union_keys)

#define OBJECT "\"type\":\"object\""

static void test_tool_schema__a_good_one_keeps_its_bytes(void **state)
{
  (void)state;
  static const struct row rows[] = {
      {"{ " OBJECT " ,\"n\":1.0e400, \"properties\" : {\"a\":{ }}, \"required\":[\"a\"]}",
       "{ " OBJECT " ,\"n\":1.0e400, \"properties\" : {\"a\":{ }}, \"required\":[\"a\"]}",
       ""},
      {"{\"type\":\"\\u006fbject\"}", "{\"type\":\"\\u006fbject\"}", ""}};
  EXPECT(rows, false);
}

static void test_tool_schema__a_root_without_a_type_gets_one_in_front(void **state)
{
  (void)state;
  static const struct row rows[] = {
      {"", "{" OBJECT "}", ""},
      {"{}", "{" OBJECT "}", ""},
      {"{ }", "{" OBJECT "}", ""},
      {"true", "{" OBJECT "}", ""},
      {"{ \"anyOf\":[ {} ]}", "{" OBJECT ", \"anyOf\":[ {} ]}", ""},
      {"{\"$ref\":\"#/$defs/X\",\"$defs\":{}}",
       "{" OBJECT ",\"$ref\":\"#/$defs/X\",\"$defs\":{}}", ""},
      {"{\"properties\":{\"type\":{}}}", "{" OBJECT ",\"properties\":{\"type\":{}}}",
       ""}};
  EXPECT(rows, false);
}

static void test_tool_schema__malformed_members_cost_only_themselves(void **state)
{
  (void)state;
  static const struct row rows[] = {
      {"7", "{" OBJECT "}", "inputSchema is no schema and allows anything now"},
      {"false", "{" OBJECT "}", "inputSchema is no schema and allows anything now"},
      {"{" OBJECT ",\"properties\":null,\"x\":[ 1]}", "{" OBJECT ",\"x\":[ 1]}",
       "properties is no object and was left out"},
      {"{\"required\":[\"a\",7],\"properties\":[]," OBJECT "}", "{" OBJECT "}",
       "required is no list of texts and was left out; properties is no object and was "
       "left out"},
      {"{" OBJECT ",\"required\":null}", "{" OBJECT "}",
       "required is no list of texts and was left out"},
      {"{\"type\":[\"null\",\"object\"],\"x\":1}", "{" OBJECT ",\"x\":1}",
       "its type is no text and is \"object\" now"},
      {"{\"type\":null}", "{" OBJECT "}", "its type is no text and is \"object\" now"}};
  EXPECT(rows, false);
}

static void test_tool_schema__booleans_as_parameters_become_objects(void **state)
{
  (void)state;
  static const struct row rows[] = {
      {"{" OBJECT ",\"properties\":{\"a\":true,\"b\":false,\"c\":{ }}}",
       "{" OBJECT ",\"properties\":{\"a\":{},\"b\":{\"not\":{}},\"c\":{ }}}", ""},
      {"{" OBJECT ",\"properties\":{\"a\":null}}",
       "{" OBJECT ",\"properties\":{\"a\":{}}}",
       "the schema of its parameter \"a\" is none and allows anything now"}};
  EXPECT(rows, false);
}

static void test_tool_schema__the_keys_of_unions_stand_in_properties_too(void **state)
{
  (void)state;
#define A "{\"properties\":{\"a\":{\"type\":\"string\"}}}"
#define B "{\"properties\":{\"b\":{},\"a\":{}}}"
  static const struct row rows[] = {
      {"{\"oneOf\":[" A "," B "]}",
       "{" OBJECT ",\"properties\":{\"a\":{},\"b\":{}},\"oneOf\":[" A "," B "]}", ""},
      {"{" OBJECT ",\"properties\":{\"a\":{\"x\":1}},\"anyOf\":[" A ",{\"allOf\":[" B
       "]}]}",
       "{" OBJECT ",\"properties\":{\"a\":{\"x\":1},\"b\":{}},\"anyOf\":[" A
       ",{\"allOf\":[" B "]}]}",
       ""},
      {"{\"$ref\":\"#/$defs/X\",\"$defs\":{\"X\":" A "}}",
       "{" OBJECT ",\"properties\":{\"a\":{}},\"$ref\":\"#/$defs/X\",\"$defs\":{\"X\":" A
       "}}",
       ""},
      {"{" OBJECT ",\"properties\":{}}", "{" OBJECT ",\"properties\":{}}", ""}};
  EXPECT(rows, true);
}

static void test_tool_schema__references_in_circles_come_to_an_end(void **state)
{
  (void)state;
  struct buf text = buf_make(MIB), out = buf_make(MIB), why = buf_make(MIB);
  buf_add_text(&text, "{\"$defs\":{\"X\":{\"allOf\":[");
  for (int i = 0; i < 50; i++)
    buf_addf(&text, "%s{\"$ref\":\"#/$defs/X\"}", i ? "," : "");
  buf_add_text(&text, "],\"properties\":{\"a\":{}}}},\"$ref\":\"#/$defs/X\"}");
  tool_schema_write(buf_span(&text), true, &out, &why);
  is_json(buf_span(&out));
  assert_non_null(strstr(buf_cstring(&out), "{" OBJECT ",\"properties\":{\"a\":{}},"));
  buf_free(&text);
  buf_free(&out);
  buf_free(&why);
}

static void test_tool_schema__the_root_says_object_nothing_or_another_type(void **state)
{
  (void)state;
  static const struct {
    const char *schema;
    enum tool_schema_root root;
  } rows[] = {{"", SCHEMA_ROOT_NONE},
              {"{}", SCHEMA_ROOT_NONE},
              {"[\"type\"]", SCHEMA_ROOT_NONE},
              {"{\"type\":7}", SCHEMA_ROOT_NONE},
              {"{\"type\":\"object\"}", SCHEMA_ROOT_OBJECT},
              {"{\"type\":[\"null\",\"object\"]}", SCHEMA_ROOT_OBJECT},
              {"{\"type\":[\"null\"]}", SCHEMA_ROOT_OTHER},
              {"{\"type\":\"objects\"}", SCHEMA_ROOT_OTHER}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(tool_schema_root(span_of(rows[i].schema)), rows[i].root);
}

static void test_tool_schema__annotations_keep_what_fits(void **state)
{
  (void)state;
  static const struct row rows[] = {
      {"", "", ""},
      {"{ \"readOnlyHint\":true, \"x\":7}", "{ \"readOnlyHint\":true, \"x\":7}", ""},
      {"7", "", "annotations is no object and was left out"},
      {"{\"title\":5}", "", "its annotation \"title\" is no text and was left out"},
      {"{\"title\":null,\"readOnlyHint\":\"yes\",\"openWorldHint\":false}",
       "{\"openWorldHint\":false}",
       "its annotation \"title\" is no text and was left out; its annotation "
       "\"readOnlyHint\" is no boolean and was left out"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf out = buf_make(MIB), why = buf_make(MIB);
    tool_annotations_write(span_of(rows[i].sent), &out, &why);
    assert_string_equal(buf_cstring(&out), rows[i].offered);
    assert_string_equal(buf_cstring(&why), rows[i].why);
    buf_free(&out);
    buf_free(&why);
  }
}

static void test_tool_schema__odd_parameters_are_found(void **state)
{
  (void)state;
  struct buf name = buf_make(KIB);
  assert_false(tool_schema_odd_parameter(
      SPAN_LITERAL("{\"properties\":{\"a-b.c_D9\":{},\"\\u0061\":{}}}"), &name));
  assert_false(tool_schema_odd_parameter(SPAN_LITERAL("{}"), &name));
  assert_true(tool_schema_odd_parameter(
      SPAN_LITERAL("{\"properties\":{\"a\":{},\"$id\":{}}}"), &name));
  assert_string_equal(buf_cstring(&name), "$id");
  assert_true(
      tool_schema_odd_parameter(SPAN_LITERAL("{\"properties\":{\"\":{}}}"), &name));
  assert_true(tool_schema_has(SPAN_LITERAL("{\"properties\":{\"a b\":{}}}"),
                              SPAN_LITERAL("a b")));
  assert_false(
      tool_schema_has(SPAN_LITERAL("{\"properties\":{\"a b\":{}}}"), SPAN_LITERAL("a")));
  buf_free(&name);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tool_schema__a_good_one_keeps_its_bytes),
      cmocka_unit_test(test_tool_schema__a_root_without_a_type_gets_one_in_front),
      cmocka_unit_test(test_tool_schema__malformed_members_cost_only_themselves),
      cmocka_unit_test(test_tool_schema__booleans_as_parameters_become_objects),
      cmocka_unit_test(test_tool_schema__the_keys_of_unions_stand_in_properties_too),
      cmocka_unit_test(test_tool_schema__references_in_circles_come_to_an_end),
      cmocka_unit_test(test_tool_schema__the_root_says_object_nothing_or_another_type),
      cmocka_unit_test(test_tool_schema__annotations_keep_what_fits),
      cmocka_unit_test(test_tool_schema__odd_parameters_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
