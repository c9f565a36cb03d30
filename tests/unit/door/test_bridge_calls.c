/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define S(text) SPAN_LITERAL(text)

static struct bridge_calls calls;
static bool tell;

static int clean(void **state)
{
  (void)state;
  bridge_calls_free(&calls);
  assert_int_equal(calls.count, 0);
  return 0;
}

static void id_is(const struct bridge_call *call, const char *id)
{
  assert_non_null(call);
  assert_true(span_is(buf_span(&call->id), id));
}

static void test_bridge_calls__announced_then_made_are_one(void **state)
{
  (void)state;
  bridge_calls_announced(&calls, S("a"), S("echo"), S("{\"n\":1}"), &tell);
  assert_true(tell);
  bridge_calls_announced(&calls, S("b"), S("echo"), S("{\"n\":2}"), &tell);
  id_is(bridge_calls_made(&calls, S("m2"), S("echo"), S("{\"n\":2}")), "b");
  id_is(bridge_calls_made(&calls, S("m1"), S("echo"), S("{ \"n\": 1 }")), "a");
  struct bridge_call *call = bridge_calls_answer(&calls, S("b"), S("7"), false);
  assert_true(span_is(buf_span(&call->made), "m2"));
  assert_null(bridge_calls_answer(&calls, S("b"), S("8"), false));
  assert_false(bridge_calls_result(&calls, S("b"))); /* told */
  assert_true(bridge_calls_result(&calls, S("a")));  /* not */
  assert_true(bridge_calls_result(&calls, S("unknown")));
}

static void test_bridge_calls__made_then_announced_waits_for_it(void **state)
{
  (void)state;
  struct bridge_call *call = bridge_calls_made(&calls, S("m"), S("echo"), S("{}"));
  assert_int_equal(call->id.len, 0);
  id_is(bridge_calls_announced(&calls, S("a"), S("echo"), S("{}"), &tell), "a");
  assert_true(tell);
  assert_null(bridge_calls_unannounced(&calls));
}

static void test_bridge_calls__a_late_announcement_is_dropped(void **state)
{
  (void)state;
  bridge_calls_made(&calls, S("m"), S("echo"), S("{}"));
  id_is(bridge_calls_unannounced(&calls), "m");
  assert_null(bridge_calls_unannounced(&calls));
  bridge_calls_announced(&calls, S("late"), S("echo"), S("{}"), &tell);
  assert_false(tell);
  assert_non_null(bridge_calls_answer(&calls, S("m"), S("1"), false));
  assert_false(bridge_calls_result(&calls, S("late")));
}

static void test_bridge_calls__an_answer_may_come_first(void **state)
{
  (void)state;
  assert_null(bridge_calls_answer(&calls, S("a"), S("{\"x\":1}"), true));
  struct bridge_call *call =
      bridge_calls_announced(&calls, S("a"), S("echo"), S("{}"), &tell);
  assert_true(tell && call->answered && call->failed);
  assert_true(span_is(buf_span(&call->answer), "{\"x\":1}"));
  assert_ptr_equal(bridge_calls_made(&calls, S("m"), S("echo"), S("{}")), call);
  assert_int_equal(calls.count, 1);
}

static void test_bridge_calls__an_answer_before_the_call_is_kept_in_it(void **state)
{
  (void)state;
  bridge_calls_announced(&calls, S("a"), S("echo"), S("{}"), &tell);
  assert_non_null(bridge_calls_answer(&calls, S("a"), S("1"), false));
  struct bridge_call *call = bridge_calls_made(&calls, S("m"), S("echo"), S("{}"));
  assert_true(call->answered && span_is(buf_span(&call->answer), "1"));
}

static void test_bridge_calls__over_is_told_once_and_only_where_it_is_known(void **state)
{
  (void)state;
  bridge_calls_made(&calls, S("m"), S("echo"), S("{}"));
  assert_null(bridge_calls_over(&calls, S("m"))); /* the host has not heard of it */
  bridge_calls_announced(&calls, S("a"), S("echo"), S("{}"), &tell);
  id_is(bridge_calls_over(&calls, S("m")), "a");
  assert_null(bridge_calls_over(&calls, S("m")));
  assert_null(bridge_calls_answer(&calls, S("a"), S("1"), false));
  assert_null(bridge_calls_over(&calls, S("none")));
}

#define T(f) cmocka_unit_test_teardown(f, clean)

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(test_bridge_calls__announced_then_made_are_one),
      T(test_bridge_calls__made_then_announced_waits_for_it),
      T(test_bridge_calls__a_late_announcement_is_dropped),
      T(test_bridge_calls__an_answer_may_come_first),
      T(test_bridge_calls__an_answer_before_the_call_is_kept_in_it),
      T(test_bridge_calls__over_is_told_once_and_only_where_it_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
