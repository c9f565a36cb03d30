/* SPDX-License-Identifier: MIT */
/* What a run makes of what its agent has used; the counts are in test_spending.c. */
#include "run/run_spending.h"

#include "process/keeper.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* An answer of 60 tokens that asks for a tool, then one that does not. */
static const char script[] =
    "INIT\n"
    "start() { echo '{\"type\":\"stream_event\",\"event\":{\"type\":\"message_start\","
    "\"message\":{\"id\":\"m'$1'\",\"usage\":{\"input_tokens\":50}}}}'; }\n"
    "stop() { echo '{\"type\":\"stream_event\",\"event\":{\"type\":\"message_delta\","
    "\"delta\":{\"stop_reason\":\"'$1'\"},\"usage\":{\"output_tokens\":10}}}'; }\n"
    "say() { echo '{\"type\":\"assistant\",\"message\":{\"id\":\"m'$1'\",\"content\":["
    "{\"type\":\"text\",\"text\":\"said '$1'\"}]}}'; }\n"
    "start 1; say 1; stop tool_use\n"
    "start 2; say 2; stop end_turn\n"
    "GOOD\n";

static void
test_run_spending__beyond_a_limit_the_run_ends_and_keeps_the_answer(void **state)
{
  (void)state;
  run_fixture_expect(script, ",\"budget\":{\"tokens\":60}", "budget-exceeded",
                     "the run has used 60 of 60 tokens (budget.tokens)");
  run_fixture_expect(script, ",\"budget\":{\"modelTurns\":1}", "budget-exceeded",
                     "said 1");
  run_fixture_expect(script, ",\"budget\":{\"modelTurns\":1}", "budget-exceeded",
                     "\"allowed\":{\"modelTurns\":1}");
}

static void test_run_spending__near_a_limit_it_warns_and_goes_on(void **state)
{
  (void)state;
  run_fixture_expect(script, ",\"budget\":{\"tokens\":120}", NULL, "\"budget-near\"");
  run_fixture_expect(script, ",\"budget\":{\"tokens\":120}", NULL,
                     "\"budget\":{\"spent\":{\"tokens\":120,");
}

static void test_run_spending__an_option_caps_and_is_named(void **state)
{
  struct run_fixture d;
  (void)state;
  run_fixture_open(&d, script);
  d.settings.max_budget.most[BUDGET_MODEL_TURNS] = 1;
  run_fixture_go(&d, ",\"budget\":{\"modelTurns\":5}");
  run_fixture_wait(&d, 1);
  assert_string_equal(d.outcome.code, "budget-exceeded");
  assert_int_equal(d.outcome.budget_warnings, 1);
  assert_true(run_fixture_says(
      &d, "the run has used 1 of 1 model turns (--max-budget-model-turns)"));
  run_fixture_check(&d);
  run_fixture_close(&d);
}

static void test_run_spending__a_run_without_a_limit_says_nothing_of_it(void **state)
{
  struct run_fixture d;
  (void)state;
  run_fixture_open(&d, script);
  run_fixture_go(&d, "");
  run_fixture_wait(&d, 1);
  assert_true(d.outcome.finished);
  assert_false(run_fixture_says(&d, "budget"));
  run_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_run_spending__beyond_a_limit_the_run_ends_and_keeps_the_answer),
      cmocka_unit_test(test_run_spending__near_a_limit_it_warns_and_goes_on),
      cmocka_unit_test(test_run_spending__an_option_caps_and_is_named),
      cmocka_unit_test(test_run_spending__a_run_without_a_limit_says_nothing_of_it),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
