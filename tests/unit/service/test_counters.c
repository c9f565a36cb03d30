/* SPDX-License-Identifier: MIT */
#include "service/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_counters__counts_runs_by_code_and_the_rest_as_other(void **state)
{
  (void)state;
  struct counters t = {0};
  struct run_outcome o = {.finished = true, .events = 3, .cpu_ms = 2};
  for (int i = 0; i < 5; i++)
    counters_run(&t, &o, 10);
  assert_int_equal(t.code_count, 1);
  assert_string_equal(t.codes[0].name, "finished");
  assert_int_equal(t.codes[0].runs, 5);
  assert_int_equal(t.events, 15);
  assert_int_equal(t.bytes, 50);
  assert_int_equal(t.agent_cpu_ms, 10);
  o.finished = false;
  for (int i = 0; i < 100; i++) { /* an agent that makes up codes */
    snprintf(o.code, sizeof o.code, "code-%d", i);
    counters_run(&t, &o, 0);
  }
  assert_int_equal(t.code_count, COUNTERS_CODES + 1);
  assert_string_equal(t.codes[COUNTERS_CODES].name, "other");
  assert_int_equal(t.codes[COUNTERS_CODES].runs, 100 - COUNTERS_CODES + 1);
}

static void test_counters__counts_calls_by_outcome_and_duration(void **state)
{
  (void)state;
  struct counters t = {0};
  counters_tool_call(&t, RUN_TOOL_RESULT, 5);
  counters_tool_call(&t, RUN_TOOL_RESULT, 6);
  counters_tool_call(&t, RUN_TOOL_FAILED, 4000000);
  counters_tool_call(&t, RUN_TOOL_ERROR, 0);
  counters_tool_call(&t, RUN_TOOL_CANCELLED, 10);
  assert_int_equal(t.tool_calls[RUN_TOOL_RESULT], 2);
  assert_int_equal(t.tool_calls[RUN_TOOL_FAILED], 1);
  assert_int_equal(t.tool_calls[RUN_TOOL_ERROR], 1);
  assert_int_equal(t.tool_calls[RUN_TOOL_CANCELLED], 1);
  assert_int_equal(t.tool_steps[0], 2);
  assert_int_equal(t.tool_steps[1], 2);
  assert_int_equal(t.tool_steps[COUNTERS_STEPS], 1);
  assert_int_equal(t.tool_ms, 4000021);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counters__counts_runs_by_code_and_the_rest_as_other),
      cmocka_unit_test(test_counters__counts_calls_by_outcome_and_duration),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
