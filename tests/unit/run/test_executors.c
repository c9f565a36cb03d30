/* SPDX-License-Identifier: MIT */
#include "run/executors.h"

#include "tool/tool_command.h"
#include "tool/tool_http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_same(struct tool_source *source, tool_executor_claim *claim)
{
  struct tool_executor chosen = {0}, wanted = {0};
  struct fault f = {0};
  assert_int_equal(executors_choose(source, &chosen, &f), 0);
  assert_int_equal(claim(source, &wanted, &f), 1);
  assert_ptr_equal(chosen.context, wanted.context);
  assert_true(chosen.start == wanted.start && chosen.cancel == wanted.cancel);
}

static void test_executors__a_local_command_goes_before_the_url(void **state)
{
  (void)state;
  struct tool_source source = {.url = SPAN_LITERAL("http://127.0.0.1:1/")};
  expect_same(&source, tool_http_claim);
  source.command = "cat";
  expect_same(&source, tool_command_claim);
  source.url = SPAN_LITERAL("notaurl"); /* nobody calls it */
  expect_same(&source, tool_command_claim);
}

static void test_executors__a_bad_url_is_refused_by_its_field(void **state)
{
  (void)state;
  struct tool_source source = {.url = SPAN_LITERAL("notaurl")};
  struct tool_executor chosen = {0};
  struct fault f = {0};
  assert_int_equal(executors_choose(&source, &chosen, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_true(span_starts(span_of(f.text), "run request: toolExecUrl"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_executors__a_local_command_goes_before_the_url),
      cmocka_unit_test(test_executors__a_bad_url_is_refused_by_its_field),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
