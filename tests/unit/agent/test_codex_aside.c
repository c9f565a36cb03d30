/* SPDX-License-Identifier: MIT */
#include "agent/codex/codex_aside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LOG(words)                                                                       \
  "2026-11-28T14:08:55Z  INFO codex_otel.trace_safe: " words " duration_ms=8 model=m"
#define WHOLE                                                                            \
  LOG("event.name=\"codex.sse_event\" event.kind=response.completed "                    \
      "input_token_count=120 output_token_count=30 cached_token_count=20")

static struct spending spent;
static struct codex_aside aside;

static void hear(const char *line)
{
  codex_aside_read(&aside, span_of(line), &spent);
}

static void test_codex_aside__an_answer_is_counted_with_what_went_in_and_out(void **state)
{
  (void)state;
  spent = (struct spending){0};
  aside = (struct codex_aside){0};
  hear(LOG("event.name=\"codex.api_request\" attempt=0"));
  hear(WHOLE);
  assert_int_equal(spent.spent[BUDGET_TOKENS], 150);
  assert_int_equal(spent.spent[BUDGET_MODEL_TURNS], 1);
  assert_false(spent.goes_on); /* it may be the last */
  hear(LOG("event.name=\"codex.sse_event\" event.kind=response.completed "
           "input_token_count=x output_token_count=99999999999999999999"));
  assert_int_equal(spent.spent[BUDGET_TOKENS], 150);
  assert_int_equal(spent.spent[BUDGET_MODEL_TURNS], 2);
}

static void test_codex_aside__calls_and_requests_say_that_it_goes_on(void **state)
{
  static const char *const signs[] = {
      LOG("event.name=\"codex.tool_call_received\""),
      LOG("event.name=\"codex.tool_result\" success=true"),
      LOG("event.name=\"codex.api_request\"")};
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    spent = (struct spending){0};
    aside = (struct codex_aside){0};
    hear(WHOLE);
    hear(LOG("event.name=\"codex.turn_profile\""));
    assert_false(spent.goes_on);
    hear(signs[i]);
    assert_true(spent.goes_on);
  }
  hear(signs[0]); /* before the answer is whole */
  hear(WHOLE);
  assert_true(spent.goes_on);
  hear(WHOLE);
  assert_false(spent.goes_on);
}

static void test_codex_aside__words_of_stdout_do_not_say_that_it_goes_on(void **state)
{
  enum budget_kind over;
  const struct run_budget budget = {.most = {[BUDGET_MODEL_TURNS] = 1}};
  (void)state;
  spent = (struct spending){0};
  aside = (struct codex_aside){0};
  hear(WHOLE);
  for (unsigned long long acts = 0; acts < 3; acts++) {
    const struct spending_work work = {.acts = acts};
    (void)spending_look(&spent, &budget, &work, &over);
    assert_int_equal(over, BUDGET_KINDS);
  }
  hear(LOG("event.name=\"codex.tool_result\" success=true"));
  (void)spending_look(&spent, &budget, &(struct spending_work){0}, &over);
  assert_int_equal(over, BUDGET_MODEL_TURNS);
}

static void expect_plan(struct run_request *req, const char *rust_log)
{
  struct process_plan plan = process_plan_make();
  codex_aside_plan(req, &plan);
  const char *got = strv_env(&plan.env, "RUST_LOG");
  if (rust_log)
    assert_string_equal(got, rust_log);
  else
    assert_null(got);
  assert_int_equal(plan.aside != NULL, rust_log != NULL);
  process_plan_free(&plan);
}

static void test_codex_aside__it_is_asked_for_where_a_budget_needs_it(void **state)
{
  struct env_entry env = {SPAN_LITERAL("RUST_LOG"), SPAN_LITERAL("warn")};
  struct run_request req = {0};
  (void)state;
  req.budget.most[BUDGET_TOOL_CALLS] = 1;
  expect_plan(&req, NULL);
  req.budget.most[BUDGET_TOKENS] = 1;
  expect_plan(&req, "error,codex_otel.trace_safe=info");
  req.env = &env;
  req.env_count = 1;
  expect_plan(&req, "warn,codex_otel.trace_safe=info");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_codex_aside__an_answer_is_counted_with_what_went_in_and_out),
      cmocka_unit_test(test_codex_aside__calls_and_requests_say_that_it_goes_on),
      cmocka_unit_test(test_codex_aside__words_of_stdout_do_not_say_that_it_goes_on),
      cmocka_unit_test(test_codex_aside__it_is_asked_for_where_a_budget_needs_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
