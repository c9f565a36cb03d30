/* SPDX-License-Identifier: MIT */
#include "request/tools.h"

#include "base/arena.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const raw_names[] = {"inputSchema", "outputSchema", "annotations",
                                        NULL};
static const struct json_rules rules = {.raw = raw_names};

static struct tools *read_tools(const char *text, struct json **doc, struct fault *f)
{
  *doc = json_parse(span_of(text), &rules, f);
  assert_non_null(*doc);
  return tools_read(*doc, json_root(*doc), f);
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

static void test_tools__schemas_keep_the_senders_bytes(void **state)
{
  (void)state;
  struct json *doc;
  struct fault f = {0};
  struct tools *t = read_tools(
      "[{\"name\":\"a\",\"inputSchema\":{ \"n\":1.0e400},\"annotations\":7,\"title\":"
      "true,\"resultFormat\":\"mcp\"},{\"name\":\"b\",\"inputSchema\":null,"
      "\"description\":null,\"resultFormat\":\"text\"}]",
      &doc, &f);
  const struct tool *a = tools_at(t, 0), *b = tools_at(t, 1);
  assert_true(span_is(a->input_schema, "{ \"n\":1.0e400}"));
  assert_true(span_is(a->annotations, "7"));
  assert_true(a->odd_title && !a->odd_description && a->result_is_mcp);
  assert_int_equal(b->input_schema.len + b->annotations.len + b->description.len, 0);
  assert_true(!b->odd_title && !b->odd_description && !b->result_is_mcp);
  tools_free(t);
  json_free(doc);
}

static void test_tools__a_root_of_another_type_is_refused(void **state)
{
  (void)state;
  static const char *const schemas[] = {"{\"type\":\"string\"}",
                                        "{\"anyOf\":[],\"type\":[\"array\",\"null\"]}"};
  for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
    struct buf text = buf_make(1000);
    buf_addf(&text, "[{\"name\":\"a\",\"inputSchema\":%s}]", schemas[i]);
    refused(buf_cstring(&text),
            "run request: the type of toolDescriptors[0].inputSchema (\"a\") must be "
            "\"object\"");
    buf_free(&text);
  }
}

static void test_tools__names_are_free_text_up_to_256_bytes(void **state)
{
  (void)state;
  char text[1000], name[LIMIT_TOOL_NAME_BYTES + 2];
  struct json *doc;
  struct fault f = {0};
  memset(name, 'a', sizeof name);
  snprintf(text, sizeof text, "[{\"name\":\"%.*s\"},{\"name\":\"\"}]",
           LIMIT_TOOL_NAME_BYTES, name);
  struct tools *t = read_tools(text, &doc, &f);
  assert_int_equal(tools_count(t), 2);
  assert_int_equal(strlen(tools_at(t, 0)->alias[ALIAS_USUAL]), TOOL_ALIAS_BYTES);
  tools_free(t);
  json_free(doc);
  snprintf(text, sizeof text, "[{\"name\":\"%.*s\"}]", LIMIT_TOOL_NAME_BYTES + 1, name);
  assert_null(read_tools(text, &doc, &f));
  assert_true(span_starts(span_of(f.text), "run request: toolDescriptors[0].name is "
                                           "longer than 256 bytes: \"aaaa"));
  json_free(doc);
  static const char control[] =
      "run request: toolDescriptors[0].name must not contain control characters";
  refused("[{\"name\":\"a\\nb\"}]", control);
  refused("[{\"name\":\"a\\u0000b\"}]", control);
  refused("[{\"name\":\"a\\u007fb\"}]", control);
}

static void test_tools__two_names_never_have_one_alias(void **state)
{
  (void)state;
  struct json *doc;
  struct fault f = {0};
  char text[1000];
  struct tools *t = read_tools("[{\"name\":\"a.b\"}]", &doc, &f);
  char first[TOOL_ALIAS_BYTES + 1]; /* what a.b is called when nobody is in its way */
  memcpy(first, tools_at(t, 0)->alias[ALIAS_USUAL], sizeof first);
  tools_free(t);
  json_free(doc);
  snprintf(text, sizeof text,
           "[{\"name\":\"a.b\"},{\"name\":\"a_b\"},{\"name\":\"%s\"},{\"name\":\"a/b\"}]",
           first);
  t = read_tools(text, &doc, &f);
  assert_string_not_equal(tools_at(t, 0)->alias[ALIAS_USUAL], first);
  assert_string_equal(tools_at(t, 1)->alias[ALIAS_USUAL], "a_b");
  assert_string_equal(tools_at(t, 2)->alias[ALIAS_USUAL], first);
  for (size_t i = 0; i < 4; i++)
    for (size_t form = 0; form < ALIAS_FORMS; form++)
      assert_ptr_equal(tools_by_alias(t, span_of(tools_at(t, i)->alias[form])),
                       tools_at(t, i));
  tools_free(t);
  json_free(doc);
}

static void test_tools__many_names_that_look_alike_all_find_an_alias(void **state)
{
  (void)state;
  struct buf text = buf_make(SIZE_MAX);
  struct json *doc;
  struct fault f = {0};
  buf_add_char(&text, '[');
  for (int i = 0; i < LIMIT_TOOLS; i++)
    buf_addf(&text, "%s{\"name\":\"\\u%04x\"}", i > 0 ? "," : "", 0x4e00 + i);
  buf_add_char(&text, ']');
  struct tools *t = read_tools(buf_cstring(&text), &doc, &f);
  for (size_t i = 0; i < LIMIT_TOOLS; i++)
    assert_ptr_equal(tools_by_alias(t, span_of(tools_at(t, i)->alias[ALIAS_USUAL])),
                     tools_at(t, i));
  tools_free(t);
  json_free(doc);
  buf_free(&text);
}

static void test_tools__an_alias_leads_to_the_hosts_name(void **state)
{
  (void)state;
  struct json *doc;
  struct fault f = {0};
  struct tools *t = read_tools("[{\"name\":\"a.b\"},{\"name\":\"fine\"}]", &doc, &f);
  assert_true(
      span_is(tools_host_name(t, span_of(tools_at(t, 0)->alias[ALIAS_USUAL])), "a.b"));
  assert_true(span_is(tools_host_name(t, span_of("a.b")), "a.b"));
  assert_true(span_is(tools_host_name(t, span_of("fine")), "fine"));
  assert_true(span_is(tools_host_name(t, span_of("other")), "other"));
  assert_true(span_is(tools_host_name(NULL, span_of("other")), "other"));
  assert_null(tools_by_alias(t, span_of("")));
  tools_free(t);
  json_free(doc);
}

static void test_tools__refuses_with_the_references_texts(void **state)
{
  (void)state;
#define WRONG "run request: toolDescriptors must be a ToolDescriptor[]"
  refused("{}", WRONG ", not an object");
  refused("[7]", WRONG ": toolDescriptors[0] must be an object, not 7");
  refused("[{\"name\":\"a\"},{}]",
          WRONG ": toolDescriptors[1].name must be a string, and is missing");
  refused("[{\"name\":\"a\",\"resultFormat\":\"html\"}]",
          "run request: toolDescriptors[0].resultFormat must be \"text\" or \"mcp\", not "
          "\"html\"");
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
  struct tools *t = read_tools("[{\"name\":\"get Time\"},{\"name\":\"get\"}]", &doc, &f);
  assert_non_null(t);
  assert_ptr_equal(tools_find(t, span_of("get")), tools_at(t, 1));
  assert_ptr_equal(tools_find(t, SPAN_LITERAL("get Time")), tools_at(t, 0));
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
  tools_free(t);
  assert_int_equal(tools_count(NULL), 0);
  assert_null(tools_find(NULL, span_of("a")));
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

static void test_tools__those_of_a_server_are_added(void **state)
{
  (void)state;
  struct json *doc, *listed;
  struct fault f = {0};
  struct buf left_out = buf_make(SIZE_MAX);
  /* the alias that a.b has at first is the name of a tool to come */
  struct tools *t = read_tools("[{\"name\":\"a.b\"}]", &doc, &f);
  struct buf list = buf_make(SIZE_MAX);
  buf_addf(&list,
           "[{\"name\":\"%s\"},{\"name\":\"x\",\"inputSchema\":{ \"n\":1.0},"
           "\"title\":\"X\"},{\"name\":\"a.b\"},{\"name\":\"\"},7,{\"name\":\"l\","
           "\"inputSchema\":{\"type\":\"array\"}}]",
           tools_at(t, 0)->alias[ALIAS_USUAL]);
  listed = json_parse(buf_span(&list), &rules, &f);
  assert_int_equal(tools_add(t, listed, json_root(listed), &left_out, &f), 0);
  assert_int_equal(tools_count(t), 3);
  const struct tool *x = tools_find(t, SPAN_LITERAL("x"));
  assert_true(x->of_server && x->result_is_mcp && !tools_at(t, 0)->of_server);
  assert_true(span_is(x->input_schema, "{ \"n\":1.0}"));
  assert_string_not_equal(tools_at(t, 0)->alias[ALIAS_USUAL],
                          tools_at(t, 1)->alias[ALIAS_USUAL]);
  assert_string_equal(buf_cstring(&left_out),
                      "\"a.b\": that name is taken; \"\": its name is empty; \"\": it is "
                      "no tool; \"l\": its name or its inputSchema");
  buf_free(&list);
  buf_free(&left_out);
  tools_free(t);
  json_free(listed);
  json_free(doc);
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
      cmocka_unit_test(test_tools__schemas_keep_the_senders_bytes),
      cmocka_unit_test(test_tools__a_root_of_another_type_is_refused),
      cmocka_unit_test(test_tools__names_are_free_text_up_to_256_bytes),
      cmocka_unit_test(test_tools__two_names_never_have_one_alias),
      cmocka_unit_test(test_tools__many_names_that_look_alike_all_find_an_alias),
      cmocka_unit_test(test_tools__an_alias_leads_to_the_hosts_name),
      cmocka_unit_test(test_tools__refuses_with_the_references_texts),
      cmocka_unit_test(test_tools__finds_by_the_whole_name),
      cmocka_unit_test(test_tools__none_is_fine),
      cmocka_unit_test(test_tools__more_than_the_limit_are_refused),
      cmocka_unit_test(test_tools__those_of_a_server_are_added),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
