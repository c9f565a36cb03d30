/* SPDX-License-Identifier: MIT */
#include "event/open_calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_open_calls__what_is_known_of_a_call_comes_back(void **state)
{
  struct open_calls calls = {0};
  struct event a = {.call = SPAN_LITERAL("\"a\""), .name = SPAN_LITERAL("n")};
  struct event b = {.call = SPAN_LITERAL("\"b\""), .origin = TOOL_NATIVE};
  (void)state;
  assert_int_equal(open_calls_find(&calls, a.call), calls.count);
  open_calls_add(&calls, &a);
  open_calls_add(&calls, &b);
  assert_int_equal(open_calls_find(&calls, b.call), 1);
  assert_int_equal(open_calls_find(&calls, SPAN_LITERAL("\"c\"")), 2);
  struct event known = open_call_event(&calls.at[0]);
  assert_true(span_is(known.call, "\"a\"") && span_is(known.name, "n"));
  assert_int_equal(known.origin, TOOL_HOST);
  open_calls_drop(&calls, 0);
  assert_int_equal(open_calls_find(&calls, b.call), 0);
  assert_int_equal(open_call_event(&calls.at[0]).origin, TOOL_NATIVE);
  open_calls_free(&calls);
  assert_int_equal(calls.count, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_open_calls__what_is_known_of_a_call_comes_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
