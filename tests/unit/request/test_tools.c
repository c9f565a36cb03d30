/* SPDX-License-Identifier: MIT */
#include "request/tools.h"

#include "base/arena.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const raw_names[] = {"inputSchema", "outputSchema", "annotations",
                                        NULL};
static const struct json_rules rules = {.raw = raw_names};
static const char empty_schema[] = "{\"type\":\"object\",\"properties\":{}}";

static struct tools *read_tools(const char *text, struct json **doc, struct fault *f)
{
  *doc = json_parse(span_of(text), &rules, f);
  assert_non_null(*doc);
  return tools_read(*doc, json_root(*doc), f);
}

static void list_is(const char *descriptors, const char *list)
{
  struct json *doc;
  struct fault f = {0};
  struct tools *t = read_tools(descriptors, &doc, &f);
  assert_non_null(t);
  struct span text = tools_list_json(t);
  if (!span_is(text, list))
    fail_msg("%.*s", (int)text.len, text.at);
  tools_free(t);
  json_free(doc);
}

static void refused(const char *descriptors, const char *why)
{
  struct json *doc;
  struct fault f = {0};
  assert_null(read_tools(descriptors, &doc, &f));
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_string_equal(f.text, why);
  json_free(doc);
}

static void test_tools__lists_schemas_with_the_senders_bytes(void **state)
{
  (void)state;
  list_is(
      "[{\"name\":\"a\",\"description\":\"d\\n\",\"x\":1,\"inputSchema\":{ "
      "\"type\":\"object\","
      "\"$defs\":{},\"anyOf\":[],\"n\":1.0e400,\"n\":12345678901234567890}}]",
      "[{\"name\":\"a\",\"description\":\"d\\n\",\"inputSchema\":{ \"type\":\"object\","
      "\"$defs\":{},\"anyOf\":[],\"n\":1.0e400,\"n\":12345678901234567890}}]");
  list_is("[]", "[]");
  list_is("[{\"name\":\"b\",\"inputSchema\":{\r\n\"type\":\"\\u006fbject\"}}]",
          "[{\"name\":\"b\",\"description\":\"\",\"inputSchema\":{  "
          "\"type\":\"\\u006fbject\"}}]");
}

static void test_tools__a_schema_that_is_no_object_is_replaced(void **state)
{
  (void)state;
  static const char *const schemas[] = {"null",
                                        "7",
                                        "[]",
                                        "\"object\"",
                                        "{}",
                                        "{\"type\":\"string\"}",
                                        "{\"type\":[\"object\"]}",
                                        "{\"type\":\"objects\"}",
                                        "{\"properties\":{\"type\":\"object\"}}"};
  for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
    struct json *doc;
    struct fault f = {0};
    struct buf text = buf_make(1000);
    buf_addf(&text, "[{\"name\":\"a\",\"inputSchema\":%s},{\"name\":\"b\"}]", schemas[i]);
    struct tools *t = read_tools(buf_cstring(&text), &doc, &f);
    assert_int_equal(tools_count(t), 2);
    assert_true(span_is(tools_at(t, 0)->input_schema, empty_schema));
    assert_true(span_is(tools_at(t, 1)->input_schema, empty_schema));
    tools_free(t);
    json_free(doc);
    buf_free(&text);
  }
}

static void test_tools__passes_the_mcp_extras_through(void **state)
{
  (void)state;
  list_is(
      "[{\"name\":\"a\",\"title\":\"T\",\"resultFormat\":\"mcp\",\"annotations\":{"
      "\"readOnlyHint\":true},"
      "\"outputSchema\":{\"type\":\"object\"}},{\"name\":\"b\",\"resultFormat\":\"text\","
      "\"annotations\":7,\"title\":1,\"outputSchema\":{\"type\":\"object\"}}]",
      "[{\"name\":\"a\",\"title\":\"T\",\"description\":\"\",\"inputSchema\":{\"type\":"
      "\"object\",\"properties\":{}},"
      "\"outputSchema\":{\"type\":\"object\"},\"annotations\":{\"readOnlyHint\":true}},"
      "{\"name\":\"b\",\"description\":\"\",\"inputSchema\":{\"type\":\"object\","
      "\"properties\":{}}}]");
  refused(
      "[{\"name\":\"a\",\"resultFormat\":\"html\"}]",
      "run request: toolDescriptors: resultFormat of \"a\" must be \"text\" or \"mcp\"");
}

static void test_tools__refuses_with_the_references_texts(void **state)
{
  (void)state;
  static const char wrong[] = "run request: toolDescriptors must be a ToolDescriptor[]";
  refused("{}", wrong);
  refused("[7]", wrong);
  refused("[{\"name\":\"a\"},{}]", wrong);
  refused("[{\"name\":\"a\"},{\"name\":\"\\u0061\"}]",
          "Cannot pass two tools named \"a\" in the same chat() call. Tool names in one "
          "tools "
          "array must be unique.");
}

static void test_tools__finds_by_the_whole_name(void **state)
{
  (void)state;
  struct json *doc;
  struct fault f = {0};
  struct tools *t =
      read_tools("[{\"name\":\"get\\u0000Time\"},{\"name\":\"get\"}]", &doc, &f);
  assert_non_null(t);
  assert_ptr_equal(tools_find(t, span_of("get")), tools_at(t, 1));
  assert_ptr_equal(tools_find(t, SPAN_LITERAL("get\0Time")), tools_at(t, 0));
  assert_null(tools_find(t, span_of("Get")));
  assert_null(tools_find(t, span_of("")));
  assert_null(tools_at(t, 2));
  tools_free(t);
  json_free(doc);
}

static void test_tools__none_is_fine(void **state)
{
  (void)state;
  struct fault f = {0};
  struct tools *t = tools_read(NULL, NULL, &f);
  assert_int_equal(tools_count(t), 0);
  assert_true(span_is(tools_list_json(t), "[]"));
  tools_free(t);
  assert_int_equal(tools_count(NULL), 0);
  assert_null(tools_find(NULL, span_of("a")));
  assert_true(span_is(tools_list_json(NULL), "[]"));
  tools_free(NULL);
}

static void test_tools__more_than_the_limit_are_refused(void **state)
{
  (void)state;
  struct buf text = buf_make(SIZE_MAX);
  buf_add_char(&text, '[');
  for (int i = 0; i <= LIMIT_TOOLS; i++)
    buf_addf(&text, "%s{\"name\":\"t%d\"}", i > 0 ? "," : "", i);
  buf_add_char(&text, ']');
  refused(buf_cstring(&text), "run request: toolDescriptors holds more than 1024 tools");
  buf_free(&text);
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
      cmocka_unit_test(test_tools__lists_schemas_with_the_senders_bytes),
      cmocka_unit_test(test_tools__a_schema_that_is_no_object_is_replaced),
      cmocka_unit_test(test_tools__passes_the_mcp_extras_through),
      cmocka_unit_test(test_tools__refuses_with_the_references_texts),
      cmocka_unit_test(test_tools__finds_by_the_whole_name),
      cmocka_unit_test(test_tools__none_is_fine),
      cmocka_unit_test(test_tools__more_than_the_limit_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
