/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_call.h"

#include "tool_names.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct acp_call learned(const char *update, const struct tools *tools)
{
  static const char *const raw[] = {"rawInput", NULL};
  static const struct json_rules rules = {.raw = raw};
  const struct acp_naming naming = {.bridge = SPAN_LITERAL("tanstack"), .tools = tools};
  struct acp_call call = {0};
  struct fault f = {0};
  struct json *doc = json_parse(span_of(update), &rules, &f);
  assert_non_null(doc);
  acp_call_learn(&call, doc, json_root(doc), &naming);
  json_free(doc);
  return call;
}

static void expect(const char *update, const struct tools *tools, const char *name,
                   bool bridged)
{
  struct acp_call call = learned(update, tools);
  if (!span_is(acp_call_name(&call), name) || call.bridged != bridged)
    fail_msg("%s is \"%.*s\", %s", update, SPAN_ARG(acp_call_name(&call)),
             call.bridged ? "bridged" : "native");
  acp_call_free(&call);
}

static void test_call__a_bridged_tool_is_known_in_every_spelling(void **state)
{
  static const char *const spellings[] = {
      "{\"title\":\"tanstack_echo\"}",
      "{\"title\":\"tanstack-echo\"}",
      "{\"name\":\"mcp.tanstack.echo\"}",
      "{\"title\":\"mcp.tanstack.echo\"}",
      "{\"title\":\"mcp__tanstack__echo\"}",
      "{\"title\":\"Tool: tanstack/echo\"}",
      "{\"title\":\"echo (tanstack MCP Server)\"}",
      "{\"title\":\"echo (tanstack MCP Server): {\\\"text\\\":1}\"}",
      "{\"title\":\"x\",\"_meta\":{\"toolName\":\"mcp__tanstack__echo\"}}",
      "{\"rawInput\":{\"server\":\"tanstack\",\"tool\":\"echo\",\"arguments\":{}}}"};
  (void)state;
  struct tools *tools = tools_from_names(SPAN_LITERAL("echo"));
  for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
    expect(spellings[i], tools, "echo", true);
    expect(spellings[i], NULL, "echo", true);
  }
  expect("{\"title\":\"tanstack_other\",\"kind\":\"read\"}", tools, "read", false);
  expect("{\"title\":\"tanstack_echo\",\"kind\":\"execute\",\"rawInput\":{\"command\":"
         "\"tanstack_echo\"}}",
         tools, "execute", false);
  tools_free(tools);
}

static void test_call__a_name_is_the_agents_own_then_the_first_title(void **state)
{
  (void)state;
  expect("{\"name\":\"exec_command\",\"title\":\"ls\",\"kind\":\"execute\"}", NULL,
         "exec_command", false);
  expect("{\"_meta\":{\"toolName\":\"run_shell_command\"},\"title\":\"Shell\"}", NULL,
         "run_shell_command", false);
  expect("{\"sessionUpdate\":\"tool_call\",\"status\":\"pending\",\"title\":\"Bash\","
         "\"kind\":\"execute\"}",
         NULL, "Bash", false);
  /* words of the model */
  expect("{\"sessionUpdate\":\"tool_call\",\"status\":\"pending\",\"title\":\"test\","
         "\"kind\":\"execute\",\"rawInput\":{\"command\":\"ls\",\"description\":"
         "\"test\"}}",
         NULL, "execute", false);
  expect("{\"title\":\"ls -l\"}", NULL, "tool", false);
}

static void test_call__is_not_named_while_it_is_prepared_or_calls_another(void **state)
{
  static const struct {
    const char *update;
    bool named;
  } rows[] = {
      {"{\"name\":\"x\"}", true},
      {"{\"_meta\":{\"toolName\":\"x\",\"phase\":\"preparing\"}}", false},
      {"{\"name\":\"use_tool\"}", false},
      {"{\"kind\":\"execute\"}", false},
      {"{\"name\":\"use_tool\",\"rawInput\":{\"tool_name\":\"tanstack__echo\"}}", true}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct acp_call call = learned(rows[i].update, NULL);
    assert_int_equal(acp_call_is_named(&call), rows[i].named);
    acp_call_free(&call);
  }
}

static void test_call__arguments_may_be_shown_in_the_content_alone(void **state)
{
#define SHOWS(more, text)                                                                \
  "{" more "\"content\":[{\"type\":\"content\",\"content\":{\"type\":\"text\",\"text\":" \
  "\"" text "\"}}]}"
  static const char *const rows[][2] = {
      {SHOWS("", "{\\\"a\\\":1}"), "{\"a\":1}"},
      {SHOWS("", "{\\\"a\\\":"), ""},
      {SHOWS("\"rawInput\":{\"b\":1},", "{\\\"a\\\":1}"), "{\"b\":1}"},
      {SHOWS("\"status\":\"completed\",", "{\\\"a\\\":1}"), ""}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct acp_call call = learned(rows[i][0], NULL);
    acp_call_take_shown(&call);
    assert_true(span_is((struct span){call.args.at ? call.args.at : "", call.args.len},
                        rows[i][1]));
    acp_call_free(&call);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_call__a_bridged_tool_is_known_in_every_spelling),
      cmocka_unit_test(test_call__a_name_is_the_agents_own_then_the_first_title),
      cmocka_unit_test(test_call__is_not_named_while_it_is_prepared_or_calls_another),
      cmocka_unit_test(test_call__arguments_may_be_shown_in_the_content_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
