/* SPDX-License-Identifier: MIT */
#include "run/run_tools.h"

#include "process/keeper.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The agent never calls: what is answered here belongs to no call. */
static void test_run_tools__an_answer_to_nothing_is_none(void **state)
{
  (void)state;
  struct run_fixture d;
  struct run_tools tools = {0};
  run_fixture_open(&d, "INIT; SAY; sleep 0.2; GOOD");
  d.settings.tools = &tools;
  struct run *r = run_fixture_go(&d, "");
  assert_false(run_tool_result(r, SPAN_LITERAL("x"), SPAN_LITERAL("1"), false));
  run_fixture_wait_for(&d, "hello");
  assert_false(run_tool_result(r, SPAN_LITERAL("x"), SPAN_LITERAL("1"), false));
  run_fixture_wait(&d, 1);
  run_fixture_check(&d);
  run_fixture_close(&d);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_tools__an_answer_to_nothing_is_none),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
