/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_calls.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define S(text) SPAN_LITERAL(text)

static struct bridge_calls calls;

static int clean(void **state)
{
  (void)state;
  bridge_calls_free(&calls);
  assert_int_equal(calls.count, 0);
  return 0;
}

static struct bridge_call *announce(const char *id, const char *name, const char *args)
{
  return bridge_calls_announced(&calls, span_of(id), span_of(name), span_of(args));
}

static struct bridge_call *make(const char *made, const char *name, const char *args)
{
  return bridge_calls_made(&calls, span_of(made), span_of(name), span_of(args));
}

static struct bridge_call *answer(const char *id, const char *json)
{
  return bridge_calls_answer(&calls, span_of(id), span_of(json), false);
}

static void id_is(const struct bridge_call *call, const char *id)
{
  assert_non_null(call);
  assert_true(span_is(buf_span(&call->id), id));
}

static void test_bridge_calls__announced_then_made_are_one(void **state)
{
  (void)state;
  struct bridge_call *a = announce("a", "echo", "{\"n\":1}");
  struct bridge_call *b = announce("b", "echo", "{\"n\":2}");
  id_is(make("m2", "echo", "{\"n\":2}"), "b");
  assert_false(bridge_calls_due(a));
  assert_true(bridge_calls_due(b));
  assert_false(bridge_calls_due(b)); /* once */
  id_is(make("m1", "echo", "{\"n\":1}"), "a");
  assert_true(bridge_calls_due(a));
  assert_ptr_equal(answer("b", "7"), b);
  assert_true(span_is(buf_span(&b->made), "m2"));
  assert_null(answer("b", "8"));
  assert_true(bridge_calls_find(&calls, S("b"))->answered);
  assert_false(bridge_calls_find(&calls, S("a"))->answered);
  assert_null(bridge_calls_find(&calls, S("unknown")));
  assert_null(bridge_calls_find(&calls, S("")));
}

static void test_bridge_calls__arguments_are_the_same_in_any_spelling(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"{\"n\": 1, \"t\": \"a b\"}", "{\"n\":1,\"t\":\"a b\"}"},
      {"{\"t\":\"\\u00e9\\/\\\"\"}", "{\"t\":\"\xc3\xa9/\\u0022\"}"},
      {"\n[ 1 ,\t2 ]", "[1,2]"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (size_t way = 0; way < 2; way++) {
      announce("other", "echo", "{\"n\":12}");
      announce("mine", "echo", rows[i][way]);
      id_is(make("m", "echo", rows[i][1 - way]), "mine");
      bridge_calls_free(&calls);
    }
  announce("first", "echo", "{\"t\":\"a  b\"}");
  announce("exact", "echo", "{\"t\":\"a b\"}");
  id_is(make("m", "echo", "{\"t\":\"a b\"}"), "exact");
  id_is(make("n", "echo", "{\"t\":\"none\"}"), "first"); /* by their order */
}

static void test_bridge_calls__what_was_never_made_is_never_due(void **state)
{
  (void)state;
  struct bridge_call *call = announce("a", "echo", "{}");
  assert_false(bridge_calls_due(call));
  assert_null(bridge_calls_unannounced(&calls));
  assert_false(bridge_calls_find(&calls, S("a"))->told);
  bridge_calls_drop(&calls, call);
  assert_int_equal(calls.count, 0);
}

static void test_bridge_calls__made_then_announced_waits_for_it(void **state)
{
  (void)state;
  struct bridge_call *call = make("m", "echo", "{}");
  assert_int_equal(call->id.len, 0);
  assert_false(bridge_calls_due(call));
  id_is(announce("a", "echo", "{}"), "a");
  assert_true(bridge_calls_due(call));
  assert_null(bridge_calls_unannounced(&calls));
}

static void test_bridge_calls__a_late_announcement_is_not_told(void **state)
{
  (void)state;
  make("m", "echo", "{}");
  id_is(bridge_calls_unannounced(&calls), "m");
  assert_null(bridge_calls_unannounced(&calls));
  id_is(announce("late", "echo", "{}"), "m");
  assert_false(bridge_calls_due(calls.first));
  assert_non_null(answer("m", "1"));
  assert_true(bridge_calls_find(&calls, S("late"))->answered);
}

static void test_bridge_calls__an_answer_may_come_first(void **state)
{
  (void)state;
  assert_null(bridge_calls_answer(&calls, S("a"), S("{\"x\":1}"), true));
  assert_null(answer("a", "2"));
  struct bridge_call *call = announce("a", "echo", "{}");
  assert_int_equal(calls.count, 1);
  assert_ptr_equal(make("m", "echo", "{}"), call);
  assert_true(bridge_calls_due(call));
  assert_true(call->answered && call->failed);
  assert_true(span_is(buf_span(&call->answer), "{\"x\":1}"));
}

static void test_bridge_calls__an_answer_before_the_host_heard_is_kept(void **state)
{
  (void)state;
  struct bridge_call *call = announce("a", "echo", "{}");
  assert_null(answer("a", "1"));
  make("m", "echo", "{}");
  assert_true(bridge_calls_due(call));
  assert_true(call->answered && span_is(buf_span(&call->answer), "1"));
}

static void test_bridge_calls__over_is_told_once_and_only_where_it_is_known(void **state)
{
  (void)state;
  announce("a", "echo", "{}");
  struct bridge_call *call = make("m", "echo", "{}");
  assert_true(bridge_calls_due(call));
  assert_ptr_equal(bridge_calls_over(&calls, S("m")), call);
  assert_null(bridge_calls_over(&calls, S("m")));
  assert_null(answer("a", "1"));
  assert_null(bridge_calls_over(&calls, S("none")));
}

static void test_bridge_calls__what_is_over_before_it_was_told_never_is(void **state)
{
  (void)state;
  make("m", "echo", "{}");
  assert_null(bridge_calls_over(&calls, S("m")));
  assert_null(bridge_calls_unannounced(&calls));
  assert_int_equal(calls.count, 0);
  assert_false(bridge_calls_due(announce("a", "echo", "{}")));
}

static void test_bridge_calls__what_is_over_makes_room_for_the_next(void **state)
{
  (void)state;
  char id[16];
  for (unsigned i = 0; i < LIMIT_BRIDGE_CALLS + 10; i++) { /* a sub-agent's, say */
    snprintf(id, sizeof id, "m%u", i);
    assert_non_null(make(id, "echo", "{}"));
    assert_non_null(bridge_calls_unannounced(&calls));
    assert_non_null(answer(id, "1"));
  }
  assert_int_equal(calls.count, LIMIT_BRIDGE_CALLS);
  bridge_calls_free(&calls);
  for (unsigned i = 0; i < LIMIT_BRIDGE_CALLS; i++) {
    snprintf(id, sizeof id, "a%u", i);
    assert_non_null(announce(id, "echo", "{}"));
  }
  assert_null(announce("one more", "echo", "{}"));
}

#define T(f) cmocka_unit_test_teardown(f, clean)

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(test_bridge_calls__announced_then_made_are_one),
      T(test_bridge_calls__arguments_are_the_same_in_any_spelling),
      T(test_bridge_calls__what_was_never_made_is_never_due),
      T(test_bridge_calls__made_then_announced_waits_for_it),
      T(test_bridge_calls__a_late_announcement_is_not_told),
      T(test_bridge_calls__an_answer_may_come_first),
      T(test_bridge_calls__an_answer_before_the_host_heard_is_kept),
      T(test_bridge_calls__over_is_told_once_and_only_where_it_is_known),
      T(test_bridge_calls__what_is_over_before_it_was_told_never_is),
      T(test_bridge_calls__what_is_over_makes_room_for_the_next),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
