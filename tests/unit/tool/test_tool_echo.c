/* SPDX-License-Identifier: MIT */
#include "tool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

tool_executor_claim tool_echo_claim;

static void test_tool_echo__gives_the_message_back(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  d.source.url = SPAN_LITERAL("echo:");
  tool_fixture_use(&d, tool_echo_claim);
  tool_fixture_start(&d, "{}");
  tool_fixture_close(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tool_echo__gives_the_message_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
