/* SPDX-License-Identifier: MIT */
#include "agent/spending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static enum budget_kind over;
static const struct event_usage answer = {.prompt = 60,
                                          .completion = 20,
                                          .total = -1,
                                          .cached = -1,
                                          .cache_write = -1,
                                          .reasoning = -1};

static unsigned look(struct spending *s, const struct run_budget *b,
                     unsigned long long calls, unsigned long long acts, bool ended)
{
  const struct spending_work work = {calls, acts, ended};
  return spending_look(s, b, &work, &over);
}

static void test_spending__is_near_at_80_percent_and_says_so_once(void **state)
{
  (void)state;
  struct spending s = {0};
  const struct run_budget b = {.most = {[BUDGET_TOKENS] = 200, [BUDGET_TOOL_CALLS] = 5}};
  spending_answer(&s, &answer, true);
  assert_int_equal(look(&s, &b, 3, 1, false), 0);
  spending_answer(&s, &answer, true);
  assert_int_equal(look(&s, &b, 3, 2, false), 1 << BUDGET_TOKENS);
  assert_int_equal(look(&s, &b, 4, 3, false), 1 << BUDGET_TOOL_CALLS);
  assert_int_equal(look(&s, &b, 5, 3, false), 0);
  assert_int_equal(over, BUDGET_KINDS);
}

static void test_spending__the_last_answer_may_use_the_rest_and_more(void **state)
{
  (void)state;
  struct spending s = {0};
  const struct run_budget b = {.most = {[BUDGET_TOKENS] = 50, [BUDGET_MODEL_TURNS] = 1}};
  spending_answer(&s, &answer, false);
  look(&s, &b, 0, 7, false);
  assert_int_equal(over, BUDGET_KINDS);
  look(&s, &b, 0, 7, true);
  assert_int_equal(over, BUDGET_KINDS);
  look(&s, &b, 0, 8, true); /* it has ended its turn */
  assert_int_equal(over, BUDGET_KINDS);
  look(&s, &b, 0, 8, false); /* it goes on */
  assert_int_equal(over, BUDGET_TOKENS);
}

static void test_spending__an_answer_that_asks_for_a_tool_is_not_the_last(void **state)
{
  (void)state;
  struct spending s = {0};
  const struct run_budget b = {.most = {[BUDGET_MODEL_TURNS] = 2}};
  spending_answer(&s, &answer, true);
  look(&s, &b, 0, 1, false);
  assert_int_equal(over, BUDGET_KINDS);
  spending_answer(&s, &answer, true);
  look(&s, &b, 0, 1, false);
  assert_int_equal(over, BUDGET_MODEL_TURNS);
}

static void test_spending__tool_calls_are_over_with_the_first_beyond(void **state)
{
  (void)state;
  struct spending s = {0};
  const struct run_budget b = {.most = {[BUDGET_TOOL_CALLS] = 2}};
  look(&s, &b, 2, 9, false);
  assert_int_equal(over, BUDGET_KINDS);
  spending_call(&s); /* of a sub-agent */
  look(&s, &b, 2, 9, false);
  assert_int_equal(over, BUDGET_TOOL_CALLS);
}

static void test_spending__a_sum_that_is_told_counts_where_it_is_more(void **state)
{
  (void)state;
  struct spending s = {0};
  spending_cost(&s, 0.5);
  spending_cost(&s, -1);
  spending_total(&s, BUDGET_USD, 0.25);
  assert_int_equal(s.spent[BUDGET_USD], BUDGET_USD_PARTS / 2);
  spending_total(&s, BUDGET_USD, 0.75);
  spending_total(&s, BUDGET_USD, 1e300);
  assert_int_equal(s.spent[BUDGET_USD], 3 * BUDGET_USD_PARTS / 4);
  spending_turn(&s, -1);
  spending_total(&s, BUDGET_TOKENS, 10);
  assert_int_equal(s.spent[BUDGET_TOKENS], 10);
  assert_int_equal(s.spent[BUDGET_MODEL_TURNS], 1);
}

static void test_spending__is_told_in_words_and_in_the_report(void **state)
{
  (void)state;
  struct spending s = {0};
  struct buf text = buf_make(1000);
  struct run_budget b = {.most = {[BUDGET_TOKENS] = 100, [BUDGET_TOOL_CALLS] = 3},
                         .capped = 1 << BUDGET_TOOL_CALLS};
  spending_answer(&s, &answer, true);
  spending_put_words(&s, &b, BUDGET_TOKENS, 0, &text);
  buf_add_char(&text, ';');
  spending_put_words(&s, &b, BUDGET_TOOL_CALLS, 4, &text);
  assert_string_equal(buf_cstring(&text),
                      "the run has used 80 of 100 tokens (budget.tokens);the run has "
                      "used 4 of 3 tool calls (--max-budget-tool-calls)");
  buf_clear(&text);
  spending_put(&s, &b, 0xf, 4, &text);
  assert_string_equal(buf_cstring(&text),
                      "\"budget\":{\"spent\":{\"tokens\":80,\"toolCalls\":4,"
                      "\"modelTurns\":1},\"allowed\":{\"tokens\":100,\"toolCalls\":3}}");
  buf_clear(&text);
  spending_cost(&s, 0.5);
  b.most[BUDGET_TOKENS] = 0;
  spending_put(&s, &b, 1 << BUDGET_USD | 1 << BUDGET_TOOL_CALLS, 4, &text);
  assert_string_equal(buf_cstring(&text),
                      "\"budget\":{\"spent\":{\"usd\":0.5,\"toolCalls\":4},"
                      "\"allowed\":{\"toolCalls\":3}}");
  buf_free(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_spending__is_near_at_80_percent_and_says_so_once),
      cmocka_unit_test(test_spending__the_last_answer_may_use_the_rest_and_more),
      cmocka_unit_test(test_spending__an_answer_that_asks_for_a_tool_is_not_the_last),
      cmocka_unit_test(test_spending__tool_calls_are_over_with_the_first_beyond),
      cmocka_unit_test(test_spending__a_sum_that_is_told_counts_where_it_is_more),
      cmocka_unit_test(test_spending__is_told_in_words_and_in_the_report),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
