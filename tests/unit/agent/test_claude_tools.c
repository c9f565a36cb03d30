/* SPDX-License-Identifier: MIT */
#include "agent/claude_code/claude_tools.h"

#include "base/arena.h"
#include "stream.h"
#include "tool_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define INIT(status, tools)                                                              \
  "{\"mcp_servers\":[{\"name\":\"other\",\"status\":\"failed\"},{\"name\":\"tanstack\"," \
  "\"status\":\"" status "\"}],\"tools\":" tools "}"

/* How many tools of "a.b,fine" are said to be left out, `told` the first of them. */
static void expect(const char *init, struct span disallowed, size_t count,
                   const char *told)
{
  static const char *const raw[] = {"tools", NULL};
  const struct json_rules rules = {.raw = raw};
  struct tools *tools = tools_from_names(SPAN_LITERAL("a.b,fine"));
  struct fault f = {0};
  struct spans list = {&disallowed, disallowed.len > 0};
  struct claude_tools offered = {.tools = tools,
                                 .disallowed = &list,
                                 .server = SPAN_LITERAL("tanstack"),
                                 .prefix = SPAN_LITERAL("mcp__tanstack__")};
  struct stream s;
  stream_open(&s, &event_format_tanstack, 0);
  struct json *doc = json_parse(span_of(init), &rules, &f);
  claude_tools_compare(&offered, doc, json_root(doc), s.events);
  assert_int_equal(stream_count_of(&s, "CUSTOM"), count);
  if (count > 0) {
    assert_non_null(strstr(s.text.at, "\"code\":\"tool-left-out\""));
    assert_non_null(strstr(s.text.at, told));
  }
  events_finish(s.events, "stop", NULL);
  stream_close(&s);
  json_free(doc);
  tools_free(tools);
}

static void test_claude_tools__what_is_missing_is_told_by_the_hosts_name(void **state)
{
  (void)state;
  const struct span nothing = {0};
  expect(INIT("connected", "[\"Bash\",\"mcp__tanstack__fine\"]"), nothing, 1,
         "Tool \\\"a.b\\\": claude-code has left it out");
  expect(INIT("connected", "[]"), nothing, 2, "Tool \\\"fine\\\"");
  expect(INIT("connected", "[\"mcp__tanstack__fine\",\"mcp__tanstack__a_b_32ca\"]"),
         nothing, 0, NULL);
}

static void test_claude_tools__silence_where_it_cannot_be_known(void **state)
{
  (void)state;
  const struct span nothing = {0};
  expect(INIT("pending", "[]"), nothing, 0, NULL);
  expect("{\"tools\":[]}", nothing, 0, NULL);
  expect("{\"mcp_servers\":7,\"tools\":7}", nothing, 0, NULL);
  expect(INIT("connected", "7"), nothing, 0, NULL);
  expect(INIT("connected", "[]"), SPAN_LITERAL("mcp__tanstack"), 0, NULL);
  expect(INIT("connected", "[]"), SPAN_LITERAL("mcp__tan*"), 0, NULL);
  expect(INIT("connected", "[]"), SPAN_LITERAL("a.b"), 1, "Tool \\\"fine\\\"");
  expect(INIT("connected", "[]"), SPAN_LITERAL("mcp__tanstack__fine"), 1,
         "Tool \\\"a.b\\\"");
}

static void servers_told(struct claude_tools offered, const char *told)
{
  struct fault f = {0};
  struct stream s;
  stream_open(&s, &event_format_tanstack, 0);
  struct json *doc = json_parse(SPAN_LITERAL(INIT("pending", "[]")), NULL, &f);
  claude_tools_warn_servers(&offered, doc, json_root(doc), s.events);
  assert_int_equal(stream_count_of(&s, "CUSTOM"), told != NULL);
  if (told)
    assert_non_null(strstr(s.text.at, told));
  events_finish(s.events, "stop", NULL);
  stream_close(&s);
  json_free(doc);
}

static void
test_claude_tools__a_foreign_server_that_is_not_connected_is_told(void **state)
{
  (void)state;
  struct mcp_server other = {.name = SPAN_LITERAL("other")};
  const struct mcp_servers servers = {&other, 1};
  struct tools *tools = tools_from_names(SPAN_LITERAL("a"));
  struct span own = SPAN_LITERAL("tanstack");
  servers_told((struct claude_tools){0}, NULL);
  servers_told((struct claude_tools){.servers = &servers, .tools = tools, .server = own},
               "cannot use MCP server \\\"other\\\" (failed)");
  servers_told((struct claude_tools){.server = own},
               "cannot use MCP server \\\"tanstack\\\" (pending)");
  tools_free(tools);
}

static void test_claude_tools__nothing_was_offered(void **state)
{
  (void)state;
  struct run_request req = {0};
  struct tool_spelling none = claude_tools_spelling(&req, NULL);
  assert_int_equal(none.before.len, 0);
  struct bridge_address bridge = {.name = SPAN_LITERAL("tanstack")};
  struct tool_spelling some = claude_tools_spelling(&req, &bridge);
  assert_string_equal(buf_cstring(&some.before), "mcp__tanstack__");
  buf_free(&some.before);
  struct claude_tools offered = {0};
  claude_tools_compare(&offered, NULL, NULL, NULL);
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
      cmocka_unit_test(test_claude_tools__what_is_missing_is_told_by_the_hosts_name),
      cmocka_unit_test(test_claude_tools__silence_where_it_cannot_be_known),
      cmocka_unit_test(test_claude_tools__a_foreign_server_that_is_not_connected_is_told),
      cmocka_unit_test(test_claude_tools__nothing_was_offered),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
