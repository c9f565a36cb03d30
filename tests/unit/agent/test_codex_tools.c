/* SPDX-License-Identifier: MIT */
#include "agent/codex/codex_tools.h"

#include "stream.h"

#include "tool_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json *parse(const char *item)
{
  static const struct json_rules rules = {.raw = codex_tools_raw};
  struct fault f = {0};
  struct json *doc = json_parse(span_of(item), &rules, &f);
  assert_non_null(doc);
  return doc;
}

static const struct codex_bridge nobody = {0};

static void expect_call(const char *item, const char *server, const char *name,
                        const char *args, const char *result, bool failed)
{
  struct json *doc = parse(item);
  const struct codex_bridge bridge = {.name = span_of(server)};
  struct codex_call call;
  assert_true(codex_tools_read(doc, json_root(doc), &bridge, true, &call));
  assert_string_equal(buf_cstring(&call.name), name);
  assert_string_equal(buf_cstring(&call.args), args);
  assert_string_equal(buf_cstring(&call.result), result);
  assert_int_equal(call.failed, failed);
  bool bridged = strstr(item, "mcp_tool_call") && strstr(name, "mcp__") == NULL;
  assert_int_equal(call.origin, bridged ? TOOL_HOST : TOOL_NATIVE);
  codex_call_free(&call);
  json_free(doc);
}

static void test_codex_tools__its_own_ones(void **state)
{
  (void)state;
  expect_call("{\"type\":\"command_execution\",\"command\":\"ls\"}", "",
              "command_execution", "{\"command\":\"ls\"}", "{\"aggregated_output\":\"\"}",
              false);
  expect_call("{\"type\":\"command_execution\",\"command\":\"ls\",\"exit_code\":null,"
              "\"status\":\"declined\"}",
              "", "command_execution", "{\"command\":\"ls\"}",
              "{\"aggregated_output\":\"\",\"exit_code\":null,\"status\":\"declined\"}",
              true);
  expect_call("{\"type\":\"file_change\",\"changes\":[ 1 ],\"status\":\"failed\"}", "",
              "file_change", "{\"changes\":[ 1 ]}",
              "{\"changes\":[ 1 ],\"status\":\"failed\"}", true);
  expect_call("{\"type\":\"todo_list\",\"items\":[]}", "", "todo_list", "{}",
              "{\"items\":[]}", false);
  expect_call("{\"type\":\"collab_tool_call\",\"tool\":\"wait\",\"prompt\":null}", "",
              "wait", "{}", "{}", false);
}

static void test_codex_tools__the_bridges_and_those_of_others(void **state)
{
  static const char echo[] =
      "{\"type\":\"mcp_tool_call\",\"server\":\"ours\",\"tool\":\"echo\",\"arguments\":{ "
      "\"n\":1.0}, "
      "\"status\":\"failed\",\"error\":{\"message\":\"gone\"},\"result\":null}";
  (void)state;
  expect_call(echo, "ours", "echo", "{ \"n\":1.0}", "gone", true);
  expect_call(echo, "", "mcp__ours__echo", "{ \"n\":1.0}", "gone", true);
}

static void
test_codex_tools__blocks_without_a_text_are_told_without_their_data(void **state)
{
  (void)state;
  expect_call(
      "{\"type\":\"mcp_tool_call\",\"server\":\"ours\",\"tool\":\"t\",\"result\":{"
      "\"content\":[{\"type\":\"resource_link\",\"uri\":\"file:///x\",\"name\":\"N\"},"
      "{\"type\":\"image\",\"data\":\"AAAA\",\"mimeType\":\"image/png\"},{\"type\":"
      "\"resource\",\"resource\":{\"uri\":\"u\",\"text\":\"T\"}}]}}",
      "ours", "t", "{}",
      "[{\"type\":\"resource_link\",\"uri\":\"file:///x\",\"name\":\"N\"},{\"type\":"
      "\"image\",\"mimeType\":\"image/png\"},{\"type\":\"resource\",\"uri\":\"u\","
      "\"text\":\"T\"}]",
      false);
  /* images alone, too */
  expect_call(
      "{\"type\":\"mcp_tool_call\",\"server\":\"ours\",\"tool\":\"t\",\"status\":"
      "\"completed\",\"result\":{\"content\":[{\"type\":\"image\",\"data\":\"AAAA\","
      "\"mimeType\":\"image/png\"}]}}",
      "ours", "t", "{}", "[{\"type\":\"image\",\"mimeType\":\"image/png\"}]", false);
  expect_call("{\"type\":\"mcp_tool_call\",\"server\":\"ours\",\"tool\":\"t\",\"status\":"
              "\"completed\",\"result\":{\"content\":[]}}",
              "ours", "t", "{}", "{\"status\":\"completed\"}", false);
}

static void test_codex_tools__an_alias_is_told_by_the_hosts_name(void **state)
{
  (void)state;
  struct tools *tools = tools_from_names(SPAN_LITERAL("a.b"));
  const struct codex_bridge bridge = {.tools = tools};
  struct buf item = buf_make(1000);
  buf_addf(&item, "{\"type\":\"mcp_tool_call\",\"server\":\"tanstack\",\"tool\":\"%s\"}",
           tools_at(tools, 0)->alias[ALIAS_USUAL]);
  struct json *doc = parse(buf_cstring(&item));
  struct codex_call call;
  assert_true(codex_tools_read(doc, json_root(doc), &bridge, true, &call));
  assert_string_equal(buf_cstring(&call.name), "a.b");
  codex_call_free(&call);
  json_free(doc);
  buf_free(&item);
  tools_free(tools);
}

static void test_codex_tools__a_search_says_what_for_when_it_is_done(void **state)
{
  static const char blank[] = "{\"type\":\"web_search\",\"query\":\"\"}";
  struct json *doc = parse(blank);
  struct codex_call call;
  (void)state;
  assert_false(codex_tools_read(doc, json_root(doc), &nobody, false, &call));
  json_free(doc);
  expect_call(blank, "", "web_search", "{\"query\":\"\"}", "{\"status\":\"completed\"}",
              false);
}

static void test_codex_tools__other_items_are_none(void **state)
{
  struct json *doc = parse("{\"type\":\"reasoning\",\"text\":\"x\"}");
  struct codex_call call;
  (void)state;
  assert_false(codex_tools_read(doc, json_root(doc), &nobody, true, &call));
  json_free(doc);
}

static void test_codex_tools__each_changed_file_is_told(void **state)
{
  struct json *doc =
      parse("{\"type\":\"file_change\",\"status\":\"completed\",\"changes\":[{\"path\":"
            "\"/w/a\",\"kind\":\"add\"},{\"kind\":\"add\"},7]}");
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  codex_tools_tell_changes(doc, json_root(doc), s.events);
  assert_int_equal(stream_count(&s), 2); /* RUN_STARTED comes of itself */
  stream_expect_last(&s, "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"file.changed\","
                         "\"value\":{\"path\":\"/w/a\",\"kind\":\"add\",\"diff\":\"\"},"
                         "\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}");
  json_free(doc);
  doc = parse("{\"type\":\"file_change\",\"status\":\"failed\",\"changes\":[{\"path\":"
              "\"/w/a\"}]}");
  codex_tools_tell_changes(doc, json_root(doc), s.events);
  assert_int_equal(stream_count(&s), 2);
  json_free(doc);
  events_fail(s.events, SPAN_LITERAL("x"), SPAN_LITERAL("x"));
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_codex_tools__its_own_ones),
      cmocka_unit_test(test_codex_tools__the_bridges_and_those_of_others),
      cmocka_unit_test(
          test_codex_tools__blocks_without_a_text_are_told_without_their_data),
      cmocka_unit_test(test_codex_tools__an_alias_is_told_by_the_hosts_name),
      cmocka_unit_test(test_codex_tools__a_search_says_what_for_when_it_is_done),
      cmocka_unit_test(test_codex_tools__other_items_are_none),
      cmocka_unit_test(test_codex_tools__each_changed_file_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
