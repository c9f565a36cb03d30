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
  struct span ka = SPAN_LITERAL("a"), kb = SPAN_LITERAL("b");
  assert_int_equal(open_calls_find(&calls, ka), calls.count);
  open_calls_add(&calls, ka, ka, 0, &a);
  open_calls_add(&calls, kb, kb, 0, &b);
  assert_int_equal(open_calls_find(&calls, kb), 1);
  assert_int_equal(open_calls_find(&calls, SPAN_LITERAL("c")), 2);
  struct event known = open_call_event(&calls.at[0]);
  assert_true(span_is(known.call, "\"a\"") && span_is(known.name, "n"));
  assert_int_equal(known.origin, TOOL_HOST);
  open_calls_drop(&calls, 0);
  assert_int_equal(open_calls_find(&calls, kb), 0);
  assert_int_equal(open_call_event(&calls.at[0]).origin, TOOL_NATIVE);
  open_calls_free(&calls);
  assert_int_equal(calls.count, 0);
}

static void test_open_calls__the_first_of_the_last_step_is_due(void **state)
{
  static const unsigned steps[] = {0, 0, 3, 3, 3};
  struct open_calls calls = {0};
  struct event event = {.name = SPAN_LITERAL("n")};
  struct span key = SPAN_LITERAL("k");
  (void)state;
  for (size_t i = 0; i < 5; i++) {
    open_calls_add(&calls, key, key, steps[i], &event);
    open_calls_add(&calls, SPAN_LITERAL("other"), SPAN_LITERAL("other"), steps[i],
                   &event);
  }
  assert_int_equal(open_calls_find(&calls, key), 4);
  open_calls_drop(&calls, 4);
  open_calls_drop(&calls, open_calls_find(&calls, key));
  open_calls_drop(&calls, open_calls_find(&calls, key));
  assert_int_equal(open_calls_find(&calls, key), 0);
  open_calls_free(&calls);
}

static void test_open_calls__the_newest_is_the_one_that_was_opened_last(void **state)
{
  static const unsigned steps[] = {0, 3, 3};
  struct open_calls calls = {0};
  struct event event = {.name = SPAN_LITERAL("n")};
  struct span key = SPAN_LITERAL("k");
  (void)state;
  assert_int_equal(open_calls_newest(&calls, key), 0);
  for (size_t i = 0; i < 3; i++)
    open_calls_add(&calls, key, key, steps[i], &event);
  open_calls_add(&calls, SPAN_LITERAL("other"), SPAN_LITERAL("other"), 3, &event);
  assert_int_equal(open_calls_find(&calls, key), 1);
  assert_int_equal(open_calls_newest(&calls, key), 2);
  assert_int_equal(open_calls_newest(&calls, SPAN_LITERAL("none")), calls.count);
  open_calls_add(&calls, SPAN_LITERAL("part"), SPAN_LITERAL("k"), 3, &event);
  assert_int_equal(open_calls_of(&calls, SPAN_LITERAL("k")), 4); /* by another key */
  assert_int_equal(open_calls_of(&calls, SPAN_LITERAL("part")), calls.count);
  open_calls_free(&calls);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_open_calls__what_is_known_of_a_call_comes_back),
      cmocka_unit_test(test_open_calls__the_first_of_the_last_step_is_due),
      cmocka_unit_test(test_open_calls__the_newest_is_the_one_that_was_opened_last),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
