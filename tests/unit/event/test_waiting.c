/* SPDX-License-Identifier: MIT */
#include "event/waiting.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void note(struct waiting *w, long long at_ms, enum event_kind kind,
                 const char *call, const char *name, const char *json)
{
  struct event e = {.kind = kind,
                    .at_ms = at_ms,
                    .call = span_of(call),
                    .name = span_of(name),
                    .code = span_of(name),
                    .json = span_of(json)};
  waiting_note(w, &e);
}

static void expect(const struct waiting *w, long long now_ms, const char *wanted)
{
  struct buf words = buf_make(KIB);
  waiting_put(w, SPAN_LITERAL("sonnet"), now_ms, &words);
  assert_string_equal(buf_cstring(&words), wanted);
  buf_free(&words);
}

static void test_waiting__is_for_the_agent_then_its_model_and_its_tools(void **state)
{
  (void)state;
  struct waiting w = {0};
  note(&w, 1000, EVENT_RUN_STARTED, "", "", "");
  expect(&w, 2999, "… waiting for the agent, 2 s"); /* a timer is never exact */
  note(&w, 5000, EVENT_TEXT, "", "", "");
  expect(&w, 6000, "… waiting for sonnet, 1 s");
  note(&w, 7000, EVENT_TOOL_START, "a", "getTime", "");
  note(&w, 7500, EVENT_TOOL_ARGS, "a", "getTime", "");
  note(&w, 7600, EVENT_TOOL_END, "a", "getTime", "");
  expect(&w, 10000, "… waiting for getTime, 2 s");
  note(&w, 8000, EVENT_TOOL_START, "b", "Bash", "");
  expect(&w, 9000, "… waiting for 2 tools, 1 s");
  note(&w, 9000, EVENT_TOOL_RESULT, "a", "", "");
  expect(&w, 9000, "… waiting for Bash, 0 s");
  note(&w, 10000, EVENT_TOOL_RESULT, "b", "", "");
  expect(&w, 72000, "… waiting for sonnet, 62 s");
}

static void test_waiting__is_for_a_tool_where_the_other_of_two_has_answered(void **state)
{
  (void)state;
  struct waiting w = {0};
  note(&w, 0, EVENT_TOOL_START, "a", "getTime", "");
  note(&w, 0, EVENT_TOOL_START, "b", "Bash", "");
  note(&w, 0, EVENT_TOOL_RESULT, "b", "", "");
  expect(&w, 0, "… waiting for a tool, 0 s");
}

static void test_waiting__tells_the_step_of_the_setup(void **state)
{
  (void)state;
  struct waiting w = {0};
  note(&w, 0, EVENT_RUN_STARTED, "", "", "");
  note(&w, 1000, EVENT_CUSTOM, "", "runlet.setup",
       "{\"step\":\"npm ci\",\"state\":\"started\"}");
  expect(&w, 4000, "… waiting for npm ci, 3 s");
  note(&w, 5000, EVENT_CUSTOM, "", "runlet.setup",
       "{\"step\":\"npm ci\",\"state\":\"finished\",\"exitCode\":0}");
  expect(&w, 6000, "… waiting for the agent, 1 s");
  note(&w, 7000, EVENT_CUSTOM, "", "runlet.setup", "{no json");
  note(&w, 8000, EVENT_CUSTOM, "", "sandbox.file", "{}");
  expect(&w, 9000, "… waiting for the agent, 2 s");
}

static void test_waiting__tells_that_the_agent_tries_again(void **state)
{
  (void)state;
  struct waiting w = {0};
  note(&w, 1000, EVENT_TEXT, "", "", "");
  note(&w, 2000, EVENT_WARNING, "", "agent-retries", "");
  note(&w, 2500, EVENT_WARNING, "", "else", "");
  expect(&w, 4000, "… waiting for sonnet, 3 s: it failed, and the agent tries again");
  note(&w, 5000, EVENT_TEXT, "", "", "");
  expect(&w, 5000, "… waiting for sonnet, 0 s");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_waiting__is_for_the_agent_then_its_model_and_its_tools),
      cmocka_unit_test(test_waiting__is_for_a_tool_where_the_other_of_two_has_answered),
      cmocka_unit_test(test_waiting__tells_the_step_of_the_setup),
      cmocka_unit_test(test_waiting__tells_that_the_agent_tries_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
