/* SPDX-License-Identifier: MIT */
#include "service/threads.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define H SPAN_LITERAL("claude-code")

static void expect(struct threads *t, const char *thread, const char *wanted)
{
  assert_true(span_is(threads_session(t, span_of(thread), H), wanted));
}

static void test_threads__the_session_noted_last_is_the_thread_s(void **state)
{
  struct threads t = {0};
  (void)state;
  expect(&t, "a", "");
  threads_note(&t, SPAN_LITERAL("a"), H, SPAN_LITERAL("s-1"));
  threads_note(&t, SPAN_LITERAL("b"), H, SPAN_LITERAL("s-2"));
  threads_note(&t, SPAN_LITERAL("a"), H, SPAN_LITERAL("s-3"));
  expect(&t, "a", "s-3");
  expect(&t, "b", "s-2");
  assert_true(span_is(threads_session(&t, SPAN_LITERAL("a"), SPAN_LITERAL("codex")), ""));
  threads_free(&t);
}

static void test_threads__no_session_forgets_what_was_known(void **state)
{
  struct threads t = {0};
  (void)state;
  threads_note(&t, SPAN_LITERAL("a"), H, SPAN_LITERAL("s-1"));
  threads_note(&t, SPAN_LITERAL("b"), H, SPAN_LITERAL("s-2"));
  threads_note(&t, SPAN_LITERAL("a"), H, (struct span){0});
  threads_note(&t, SPAN_LITERAL("c"), H, (struct span){0});
  expect(&t, "a", "");
  expect(&t, "b", "s-2");
  threads_free(&t);
}

static void test_threads__the_one_unused_for_longest_makes_room(void **state)
{
  struct threads t = {0};
  char name[16];
  (void)state;
  for (int i = 0; i < LIMIT_THREADS; i++) {
    (void)snprintf(name, sizeof name, "t%d", i);
    threads_note(&t, span_of(name), H, span_of(name));
  }
  expect(&t, "t0", "t0");
  threads_note(&t, SPAN_LITERAL("new"), H, SPAN_LITERAL("s"));
  expect(&t, "t0", "t0");
  expect(&t, "t1", "");
  expect(&t, "t2", "t2");
  expect(&t, "new", "s");
  assert_int_equal(t.count, LIMIT_THREADS);
  threads_free(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_threads__the_session_noted_last_is_the_thread_s),
      cmocka_unit_test(test_threads__no_session_forgets_what_was_known),
      cmocka_unit_test(test_threads__the_one_unused_for_longest_makes_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
