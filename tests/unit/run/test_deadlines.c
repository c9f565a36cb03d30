/* SPDX-License-Identifier: MIT */
/* The watch over a living agent is tested with the run (test_run.c); here is which
 * deadline counts. */
#include "run/deadlines.h"

#include "run_desk.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct run_settings settings = {.deadlines = {.run_ms = 1000,
                                                           .start_ms = 2000,
                                                           .idle_ms = 3000,
                                                           .tool_ms = 4000,
                                                           .kill_grace_ms = 5000,
                                                           .drain_ms = 6000},
                                             .heartbeat_ms = 7000,
                                             .result_grace_ms = 8000};

static void test_deadlines__are_the_options_when_the_request_says_nothing(void **state)
{
  (void)state;
  struct run_request req = {.heartbeat_ms = UINT_MAX};
  struct deadlines d = deadlines_resolve(&settings, &req);
  const unsigned got[] = {d.run_ms,        d.start_ms, d.idle_ms,      d.tool_ms,
                          d.kill_grace_ms, d.drain_ms, d.heartbeat_ms, d.result_grace_ms};
  for (unsigned i = 0; i < 8; i++)
    assert_int_equal(got[i], 1000 * (i + 1));
}

static void test_deadlines__of_the_request_beat_the_options_and_zero_counts(void **state)
{
  (void)state;
  struct run_request req = {.deadlines = {.run_ms = 11,
                                          .start_ms = 12,
                                          .idle_ms = 0,
                                          .has_idle = true,
                                          .tool_ms = 14,
                                          .kill_grace_ms = 15,
                                          .drain_ms = 16},
                            .heartbeat_ms = 0};
  struct deadlines d = deadlines_resolve(&settings, &req);
  assert_int_equal(d.run_ms, 11);
  assert_int_equal(d.start_ms, 12);
  assert_int_equal(d.idle_ms, 0);
  assert_int_equal(d.tool_ms, 14);
  assert_int_equal(d.kill_grace_ms, 15);
  assert_int_equal(d.drain_ms, 16);
  assert_int_equal(d.heartbeat_ms, 0);
}

static void test_deadlines__a_cap_holds_against_the_request(void **state)
{
  (void)state;
  struct run_settings capped = settings;
  struct run_request req = {.deadlines = {.run_ms = 99999}};
  capped.max_run_ms = 500;
  assert_int_equal(deadlines_resolve(&capped, &req).run_ms, 500);
  req.deadlines.run_ms = 400;
  assert_int_equal(deadlines_resolve(&capped, &req).run_ms, 400);
}

static void test_deadlines__a_watch_that_never_was_can_be_freed(void **state)
{
  (void)state;
  watch_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_deadlines__are_the_options_when_the_request_says_nothing),
      cmocka_unit_test(test_deadlines__of_the_request_beat_the_options_and_zero_counts),
      cmocka_unit_test(test_deadlines__a_cap_holds_against_the_request),
      cmocka_unit_test(test_deadlines__a_watch_that_never_was_can_be_freed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
