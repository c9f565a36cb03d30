/* SPDX-License-Identifier: MIT */
#include "agent/tool_lists.h"

#include "base/arena.h"
#include "tool_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect(const struct tools *tools, enum tool_list which, const char *listed,
                   const char *const *spelled)
{
  struct span one = span_of(listed);
  struct spans list = {&one, 1};
  struct tool_spelling spelling = {.tools = tools, .before = buf_make(100)};
  struct strv out = {0};
  buf_add_text(&spelling.before, "mcp__tanstack__");
  tool_lists_add(&spelling, &list, which, &out);
  size_t count = 0;
  while (spelled[count])
    count++;
  assert_int_equal(out.count, count);
  for (size_t i = 0; i < count; i++)
    assert_string_equal(out.at[i], spelled[i]);
  strv_free(&out);
  buf_free(&spelling.before);
}

static void test_tool_lists__host_tools_are_spelled_as_the_agent_has_them(void **state)
{
  (void)state;
  struct tools *tools = tools_from_names(SPAN_LITERAL("a.b,Read"));
  char spelled[100];
  snprintf(spelled, sizeof spelled, "mcp__tanstack__%s",
           tools_at(tools, 0)->alias[ALIAS_USUAL]);
  const char *dotted[] = {spelled, NULL};
  const char *own[] = {"mcp__tanstack__Read", NULL};
  const char *owns[] = {"Read", "mcp__tanstack__Read", NULL};
  expect(tools, TOOL_LIST_ALLOWED, "a.b", dotted);
  expect(tools, TOOL_LIST_ALLOWED, "mcp__tanstack__a.b", dotted);
  expect(tools, TOOL_LIST_ALLOWED, spelled, dotted);
  expect(tools, TOOL_LIST_ALLOWED, "Read", own);
  expect(tools, TOOL_LIST_DISALLOWED, "Read", owns);
  expect(tools, TOOL_LIST_DISALLOWED, "mcp__tanstack__Read", own);
  expect(tools, TOOL_LIST_DISALLOWED, "a.b", dotted);
  tools_free(tools);
}

static void test_tool_lists__everything_else_goes_to_the_agent_as_it_is(void **state)
{
  (void)state;
  struct tools *tools = tools_from_names(SPAN_LITERAL("a.b"));
  static const char *const others[] = {
      "Bash",       "Bash(git:*)", "mcp__tanstack", "mcp__tanstack__", "mcp__tanstack__*",
      "mcp__x__a.b"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    const char *same[] = {others[i], NULL};
    expect(tools, TOOL_LIST_ALLOWED, others[i], same);
    expect(NULL, TOOL_LIST_DISALLOWED, others[i], same);
  }
  tools_free(tools);
}

static void test_tool_lists__a_host_tool_is_listed_by_each_of_its_names(void **state)
{
  (void)state;
  struct tools *tools = tools_from_names(SPAN_LITERAL("a.b"));
  static const char *const names[] = {"a.b", "p_a.b"};
  for (size_t i = 0; i < 2; i++) {
    struct span one = span_of(names[i]);
    struct spans list = {&one, 1};
    assert_true(tool_lists_has(&list, SPAN_LITERAL("p_"), tools_at(tools, 0)));
    assert_int_equal(tool_lists_has(&list, SPAN_LITERAL("q_"), tools_at(tools, 0)),
                     i == 0);
  }
  tools_free(tools);
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
      cmocka_unit_test(test_tool_lists__host_tools_are_spelled_as_the_agent_has_them),
      cmocka_unit_test(test_tool_lists__everything_else_goes_to_the_agent_as_it_is),
      cmocka_unit_test(test_tool_lists__a_host_tool_is_listed_by_each_of_its_names),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
