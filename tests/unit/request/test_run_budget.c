/* SPDX-License-Identifier: MIT */
#include "request/run_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct run_budget good(const char *text)
{
  struct fault f = {0};
  struct run_budget b;
  if (run_budget_parse(span_of(text), "budget.", &b, &f) < 0)
    fail_msg("%s: %s", text, f.text);
  return b;
}

static void test_run_budget__each_kind_is_read_and_what_is_null_is_not_given(void **state)
{
  (void)state;
  struct run_budget b = good(
      "{\"tokens\":1500,\"usd\":0.30000000000000004,\"toolCalls\":1,\"modelTurns\":2e3}");
  assert_int_equal(b.most[BUDGET_TOKENS], 1500);
  assert_int_equal(b.most[BUDGET_USD], 300000000);
  assert_int_equal(b.most[BUDGET_TOOL_CALLS], 1);
  assert_int_equal(b.most[BUDGET_MODEL_TURNS], 2000);
  assert_true(run_budget_is_given(&b));
  b = good("{\"tokens\":null}");
  assert_false(run_budget_is_given(&b));
}

static void test_run_budget__what_is_no_limit_is_refused_by_name(void **state)
{
  static const char *const rows[][2] = {
      {"7", "run request: budget must be an object"},
      {"[]", "run request: budget must be an object"},
      {"{\"token\":1}", "run request: budget.token is not known: it is tokens, usd, "
                        "toolCalls or modelTurns"},
      {"{\"tokens\":0}", "run request: budget.tokens must be a whole number above 0"},
      {"{\"tokens\":1.5}", "run request: budget.tokens must be a whole number above 0"},
      {"{\"tokens\":\"9\"}", "run request: budget.tokens must be a whole number above 0"},
      {"{\"modelTurns\":-1}",
       "run request: budget.modelTurns must be a whole number above 0"},
      {"{\"usd\":0}", "run request: budget.usd must be a number above 0"},
      {"{\"usd\":1e-12}", "run request: budget.usd must be a number above 0"},
      {"{\"usd\":1e99}", "run request: budget.usd must be a number above 0"},
      {"{\"usd\":true}", "run request: budget.usd must be a number above 0"}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct fault f = {0};
    struct run_budget b;
    assert_int_equal(run_budget_parse(span_of(rows[i][0]), "budget.", &b, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_string_equal(f.text, rows[i][1]);
  }
}

static void put_source(const struct run_budget *b, enum budget_kind kind,
                       const char *expected)
{
  struct buf text = buf_make(100);
  run_budget_put_source(b, kind, &text);
  assert_string_equal(buf_cstring(&text), expected);
  buf_free(&text);
}

static void test_run_budget__a_cap_lowers_and_is_named_where_it_does(void **state)
{
  (void)state;
  struct run_budget b = {.most = {100, 5, 0, 9}};
  const struct run_budget cap = {.most = {200, 4, 3, 0}};
  run_budget_cap(&b, &cap, true);
  assert_int_equal(b.most[BUDGET_TOKENS], 100);
  assert_int_equal(b.most[BUDGET_USD], 4);
  assert_int_equal(b.most[BUDGET_TOOL_CALLS], 3);
  assert_int_equal(b.most[BUDGET_MODEL_TURNS], 9);
  put_source(&b, BUDGET_TOKENS, "budget.tokens");
  put_source(&b, BUDGET_TOOL_CALLS, "--max-budget-tool-calls");
  put_source(&b, BUDGET_MODEL_TURNS, "budget.modelTurns");
  b = (struct run_budget){0};
  run_budget_cap(&b, &cap, false);
  put_source(&b, BUDGET_USD, "budget.usd");
}

static void test_run_budget__dollars_are_read_and_written_as_decimals(void **state)
{
  static const struct {
    const char *text, *said; /* NULL: refused */
  } rows[] = {{"0.25", "0.25"},
              {"1", "1"},
              {"0", "0"},
              {"12.000000001", "12.000000001"},
              {"1000000000", "1000000000"},
              {"0.0000000001", NULL},
              {"1000000001", NULL},
              {"", NULL},
              {".5", NULL},
              {"1.", NULL},
              {"1,5", NULL},
              {"-1", NULL},
              {"1e3", NULL},
              {"0.5 ", NULL},
              {"1.2.3", NULL}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    unsigned long long parts = 0;
    struct buf text = buf_make(100);
    bool read = run_budget_read_usd(span_of(rows[i].text), &parts);
    assert_int_equal(read, rows[i].said != NULL);
    if (read) {
      run_budget_put(BUDGET_USD, parts, &text);
      assert_string_equal(buf_cstring(&text), rows[i].said);
    }
    buf_free(&text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_budget__each_kind_is_read_and_what_is_null_is_not_given),
      cmocka_unit_test(test_run_budget__what_is_no_limit_is_refused_by_name),
      cmocka_unit_test(test_run_budget__a_cap_lowers_and_is_named_where_it_does),
      cmocka_unit_test(test_run_budget__dollars_are_read_and_written_as_decimals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
