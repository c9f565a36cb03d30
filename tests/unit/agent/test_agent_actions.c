/* SPDX-License-Identifier: MIT */
#include "agent/agent_actions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_ear__what_is_said_waits_in_the_outbox(void **state)
{
  struct outbox outbox = outbox_make();
  struct ear ear = {.outbox = &outbox};
  (void)state;
  ear_write(&ear, SPAN_LITERAL("one"));
  ear_write(&ear, SPAN_LITERAL("two"));
  assert_string_equal(buf_cstring(&outbox.input), "onetwo");
  assert_false(outbox.hang_up);
  ear_hang_up(&ear);
  ear_hang_up(&ear);
  assert_true(outbox.hang_up);
  outbox_free(&outbox);
  assert_false(outbox.hang_up);
  assert_int_equal(outbox.input.len, 0);
}

static void test_ear__calls_wait_as_copies_in_their_order(void **state)
{
  (void)state;
  struct outbox outbox = outbox_make();
  struct ear ear = {.outbox = &outbox};
  char url[] = "http://127.0.0.1:1/a", body[] = "{}", word[] = "Basic x";
  struct ear_call call = {.method = "POST",
                          .url = span_of(url),
                          .authorization = span_of(word),
                          .body = span_of(body)};
  ear_ask(&ear, 4, &call);
  memset(url, 'z', sizeof url - 1);
  memset(body, 'z', sizeof body - 1);
  memset(word, 'z', sizeof word - 1);
  ear_follow(&ear, 5,
             &(struct ear_call){.method = "GET", .url = SPAN_LITERAL("http://b")});
  assert_int_equal(outbox.call_count, 2);
  const struct outbox_call *c = outbox.calls;
  assert_int_equal(c[0].tag, 4);
  assert_false(c[0].stream);
  assert_string_equal(c[0].method, "POST");
  assert_string_equal(c[0].url, "http://127.0.0.1:1/a");
  assert_string_equal(c[0].authorization, "Basic x");
  assert_string_equal(c[0].body.at, "{}");
  assert_int_equal(c[1].tag, 5);
  assert_true(c[1].stream);
  assert_null(c[1].authorization);
  assert_int_equal(c[1].body.len, 0);
  outbox_clear(&outbox);
  assert_int_equal(outbox.call_count, 0);
  outbox_free(&outbox);
}

static void test_ear__a_dismissed_agent_is_hung_up_on_too(void **state)
{
  (void)state;
  struct outbox outbox = outbox_make();
  struct ear ear = {.outbox = &outbox};
  ear_heartbeat(&ear);
  assert_true(outbox.heartbeat);
  ear_dismiss(&ear);
  assert_true(outbox.hang_up && outbox.dismissed);
  outbox_free(&outbox);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ear__what_is_said_waits_in_the_outbox),
      cmocka_unit_test(test_ear__calls_wait_as_copies_in_their_order),
      cmocka_unit_test(test_ear__a_dismissed_agent_is_hung_up_on_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
