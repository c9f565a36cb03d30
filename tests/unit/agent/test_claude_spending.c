/* SPDX-License-Identifier: MIT */
#include "agent/claude_code/claude_spending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct claude_spending claude;
static struct spending spent;

static int reset(void **state)
{
  (void)state;
  claude_spending_free(&claude);
  claude = (struct claude_spending){0};
  spent = (struct spending){0};
  return 0;
}

static int end(void **state)
{
  return reset(state);
}

static void hear(const char *line, bool sub_agent)
{
  struct fault f = {0};
  struct json *doc = json_parse(span_of(line), NULL, &f);
  assert_non_null(doc);
  if (strstr(line, "stream_event"))
    claude_spending_stream(&claude, doc, json_root(doc), &spent);
  else
    claude_spending_whole(&claude, doc, json_root(doc), sub_agent, &spent);
  json_free(doc);
}

#define START(id)                                                                        \
  "{\"type\":\"stream_event\",\"event\":{\"type\":\"message_start\",\"message\":{"       \
  "\"id\":\"" id "\",\"usage\":{\"input_tokens\":100,\"cache_read_input_tokens\":40,"    \
  "\"cache_creation_input_tokens\":9,\"output_tokens\":1}}}}"
#define DELTA(reason)                                                                    \
  "{\"type\":\"stream_event\",\"event\":{\"type\":\"message_delta\",\"delta\":{\"stop_"  \
  "reason\":" reason "},\"usage\":{\"output_tokens\":51}}}"
#define WHOLE(id, block)                                                                 \
  "{\"type\":\"assistant\",\"message\":{\"id\":\"" id                                    \
  "\",\"content\":[{\"type\":\"" block                                                   \
  "\"}],\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}"

static void expect(unsigned long long tokens, unsigned long long turns,
                   unsigned long long calls)
{
  assert_int_equal(spent.spent[BUDGET_TOKENS], tokens);
  assert_int_equal(spent.spent[BUDGET_MODEL_TURNS], turns);
  assert_int_equal(spent.spent[BUDGET_TOOL_CALLS], calls);
}

static void test_claude_spending__an_answer_counts_when_it_is_whole(void **state)
{
  (void)state;
  hear(START("m1"), false);
  hear(WHOLE("m1", "text"), false);
  hear(DELTA("null"), false);
  expect(0, 0, 0);
  hear(DELTA("\"tool_use\""), false);
  expect(200, 1, 0);
  assert_true(spent.goes_on);
  hear(WHOLE("m1", "tool_use"), false); /* an event's */
  hear(START("m1"), false);             /* a gateway's id for two answers */
  hear(DELTA("\"end_turn\""), false);
  expect(400, 2, 0);
  assert_false(spent.goes_on);
}

static void test_claude_spending__one_that_broke_off_counts_by_what_went_in(void **state)
{
  (void)state;
  hear(START("m1"), false);
  hear(START("m2"), false);
  expect(150, 1, 0);
  hear(DELTA("\"end_turn\""), false);
  expect(350, 2, 0);
}

static void test_claude_spending__what_did_not_stream_and_sub_agents_count(void **state)
{
  (void)state;
  hear(WHOLE("m1", "text"), false);
  hear(WHOLE("m1", "tool_use"), false);
  expect(11, 1, 0);
  hear(WHOLE("s1", "tool_use"), true);
  hear(WHOLE("s1", "tool_use"), true);
  expect(22, 2, 2);
  hear("{\"type\":\"assistant\",\"message\":{\"id\":\"x\",\"model\":\"<synthetic>\","
       "\"content\":[]}}",
       false);
  expect(22, 2, 2);
}

static void test_claude_spending__the_result_tells_the_sum_and_the_dollars(void **state)
{
  struct fault f = {0};
  (void)state;
  struct json *doc = json_parse(SPAN_LITERAL("{\"total_cost_usd\":0.75}"), NULL, &f);
  struct claude_result r = {.has_usage = true, .own_cost = 0.25};
  assert_non_null(doc);
  r.usage = event_usage_none();
  r.usage.prompt = 70;
  r.usage.completion = 30;
  r.usage.cached = 10;
  r.usage.cache_apart = true;
  r.resumed = true; /* the total is the session's */
  claude_spending_result(&r, json_root(doc), &spent);
  assert_int_equal(spent.spent[BUDGET_USD], BUDGET_USD_PARTS / 4);
  r.resumed = false;
  claude_spending_result(&r, json_root(doc), &spent);
  assert_int_equal(spent.spent[BUDGET_USD], 3 * BUDGET_USD_PARTS / 4);
  expect(110, 0, 0);
  json_free(doc);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          test_claude_spending__an_answer_counts_when_it_is_whole, reset, end),
      cmocka_unit_test_setup_teardown(
          test_claude_spending__one_that_broke_off_counts_by_what_went_in, reset, end),
      cmocka_unit_test_setup_teardown(
          test_claude_spending__what_did_not_stream_and_sub_agents_count, reset, end),
      cmocka_unit_test_setup_teardown(
          test_claude_spending__the_result_tells_the_sum_and_the_dollars, reset, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
