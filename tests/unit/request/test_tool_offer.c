/* SPDX-License-Identifier: MIT */
#include "request/tool_offer.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const raw_names[] = {"inputSchema", "outputSchema", "annotations",
                                        NULL};
static const struct json_rules rules = {.raw = raw_names};

struct fixture {
  struct json *doc;
  struct tools *tools;
  struct tool_offer offer;
};

static struct fixture offer(const char *descriptors, unsigned needs)
{
  struct fixture d = {0};
  struct fault f = {0};
  d.doc = json_parse(span_of(descriptors), &rules, &f);
  d.tools = tools_read(d.doc, json_root(d.doc), &f);
  if (!d.tools)
    fail_msg("%s", f.text);
  d.offer = tool_offer_make(d.tools, needs, "claude-code");
  struct json *list = json_parse(buf_span(&d.offer.list), NULL, &f);
  assert_non_null(list);
  json_free(list);
  return d;
}

static void done(struct fixture *d)
{
  tool_offer_free(&d->offer);
  tools_free(d->tools);
  json_free(d->doc);
}

static void list_is(const char *descriptors, unsigned needs, const char *list,
                    const char *note)
{
  struct fixture d = offer(descriptors, needs);
  assert_string_equal(buf_cstring(&d.offer.list), list);
  assert_int_equal(d.offer.note_count, note ? 1 : 0);
  if (note)
    assert_string_equal(buf_cstring(&d.offer.notes[0].text), note);
  done(&d);
}

#define ANY "\"inputSchema\":{\"type\":\"object\"}"

static void test_tool_offer__lists_schemas_with_the_senders_bytes(void **state)
{
  (void)state;
  list_is(
      "[{\"name\":\"a\",\"description\":\"d\\n\",\"x\":1,\"inputSchema\":{ "
      "\"type\":\"object\","
      "\"$defs\":{},\"anyOf\":[],\"n\":1.0e400,\"n\":12345678901234567890}}]",
      0,
      "[{\"name\":\"a\",\"description\":\"d\\n\",\"inputSchema\":{ \"type\":\"object\","
      "\"$defs\":{},\"anyOf\":[],\"n\":1.0e400,\"n\":12345678901234567890}}]",
      NULL);
  list_is("[]", 0, "[]", NULL);
  list_is("[{\"name\":\"b\",\"inputSchema\":{\r\n\"type\":\"\\u006fbject\"}}]", 0,
          "[{\"name\":\"b\",\"description\":\"\",\"inputSchema\":{  "
          "\"type\":\"\\u006fbject\"}}]",
          NULL);
}

static void test_tool_offer__passes_the_mcp_extras_through(void **state)
{
  (void)state;
  list_is(
      "[{\"name\":\"a\",\"title\":\"T\",\"resultFormat\":\"mcp\",\"annotations\":{"
      "\"readOnlyHint\":true},\"outputSchema\":{\"type\":\"object\"}},{\"name\":\"b\","
      "\"resultFormat\":\"text\",\"outputSchema\":{\"type\":\"object\"}}]",
      0,
      "[{\"name\":\"a\",\"title\":\"T\",\"description\":\"\"," ANY
      ",\"outputSchema\":{\"type\":\"object\"},\"annotations\":{\"readOnlyHint\":"
      "true}},{\"name\":\"b\",\"description\":\"\"," ANY "}]",
      NULL);
}

static void test_tool_offer__another_name_leads_the_description(void **state)
{
  (void)state;
  struct fixture d =
      offer("[{\"name\":\"a.b\",\"title\":\"T\",\"description\":\"Does it.\"},{\"name\":"
            "\"x y\"},{\"name\":\"two__under\",\"description\":\"2\"}]",
            0);
  const char *list = buf_cstring(&d.offer.list);
  assert_non_null(strstr(list, "\"title\":\"T\",\"description\":\"a.b: Does it.\""));
  assert_non_null(strstr(list, "\"description\":\"x y\""));
  assert_non_null(strstr(list, "{\"name\":\"two__under\",\"description\":\"2\""));
  assert_null(strstr(list, "\"name\":\"a.b\""));
  assert_int_equal(d.offer.note_count, 0);
  done(&d);
  d = offer("[{\"name\":\"two__under\",\"description\":\"2\"}]",
            NEEDS_SINGLE_UNDERSCORES);
  assert_non_null(strstr(buf_cstring(&d.offer.list), "\"name\":\"two_under_"));
  assert_non_null(
      strstr(buf_cstring(&d.offer.list), "\"description\":\"two__under: 2\""));
  done(&d);
}

static void test_tool_offer__what_was_malformed_is_told_once_a_tool(void **state)
{
  (void)state;
  list_is(
      "[{\"name\":\"a.b\",\"title\":7,\"description\":[],\"annotations\":{\"title\":5},"
      "\"inputSchema\":{\"type\":\"object\",\"properties\":null}},{\"name\":\"b\","
      "\"title\":null,\"description\":null,\"annotations\":null,\"inputSchema\":null}]",
      0,
      "[{\"name\":\"a_b_32ca\",\"description\":\"a.b\"," ANY
      "},{\"name\":\"b\",\"description\":\"\"," ANY "}]",
      "Tool \"a.b\": title is no text and was left out; description is no text and "
      "was left out; properties is no object and was left out; its annotation "
      "\"title\" is no text and was left out");
}

static void test_tool_offer__an_output_schema_that_is_no_object_is_left_out(void **state)
{
  (void)state;
  static const char *const schemas[] = {"{\"type\":\"array\"}", "{}", "7",
                                        "{\"type\":[\"object\"]}"};
  for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
    struct buf text = buf_make(1000);
    buf_addf(&text, "[{\"name\":\"a\",\"resultFormat\":\"mcp\",\"outputSchema\":%s}]",
             schemas[i]);
    list_is(buf_cstring(&text), 0, "[{\"name\":\"a\",\"description\":\"\"," ANY "}]",
            "Tool \"a\": the type of outputSchema is not \"object\": it was left out");
    buf_free(&text);
  }
}

static void test_tool_offer__an_agent_gets_what_it_needs(void **state)
{
  (void)state;
  list_is("[{\"name\":\"a\",\"resultFormat\":\"mcp\",\"outputSchema\":{\"type\":"
          "\"object\"}}]",
          NEEDS_NO_OUTPUT_SCHEMA, "[{\"name\":\"a\",\"description\":\"\"," ANY "}]",
          "Tool \"a\": outputSchema was left out, by which this agent would refuse "
          "results");
  list_is(
      "[{\"name\":\"a\",\"inputSchema\":{\"anyOf\":[{\"properties\":{\"x\":true}}]}}]",
      NEEDS_UNION_KEYS,
      "[{\"name\":\"a\",\"description\":\"\",\"inputSchema\":{\"type\":\"object\","
      "\"properties\":{\"x\":{}},\"anyOf\":[{\"properties\":{\"x\":true}}]}}]",
      NULL);
  list_is(
      "[{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a "
      "b\":{}}}}]",
      NEEDS_PLAIN_PARAMETERS,
      "[{\"name\":\"a\",\"description\":\"\",\"inputSchema\":{\"type\":\"object\","
      "\"properties\":{\"a b\":{}}}}]",
      "Tool \"a\": claude-code leaves it out: its parameter \"a b\" is not named by 1 "
      "to 64 of [A-Za-z0-9_.-]");
}

static void test_tool_offer__no_tools_are_an_empty_list(void **state)
{
  (void)state;
  struct tool_offer o = tool_offer_make(NULL, ~0u, "x");
  assert_string_equal(buf_cstring(&o.list), "[]");
  tool_offer_free(&o);
  tool_offer_free(&o);
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
      cmocka_unit_test(test_tool_offer__lists_schemas_with_the_senders_bytes),
      cmocka_unit_test(test_tool_offer__passes_the_mcp_extras_through),
      cmocka_unit_test(test_tool_offer__another_name_leads_the_description),
      cmocka_unit_test(test_tool_offer__what_was_malformed_is_told_once_a_tool),
      cmocka_unit_test(test_tool_offer__an_output_schema_that_is_no_object_is_left_out),
      cmocka_unit_test(test_tool_offer__an_agent_gets_what_it_needs),
      cmocka_unit_test(test_tool_offer__no_tools_are_an_empty_list),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
