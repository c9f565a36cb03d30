/* SPDX-License-Identifier: MIT */
/* Which deadline counts, and the watch over a living agent; what a run makes of it is in
 * test_run.c. */
#include "run/deadlines.h"

#include "base/clock.h"
#include "process/child.h"
#include "process/keeper.h"
#include "run_fixture.h"
#include "traces.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

static const struct run_settings settings = {.deadlines = {.run_ms = 1000,
                                                           .start_ms = 2000,
                                                           .idle_ms = 3000,
                                                           .tool_ms = 4000,
                                                           .kill_grace_ms = 5000,
                                                           .drain_ms = 6000,
                                                           .background_ms = 9000},
                                             .heartbeat_ms = 7000,
                                             .result_grace_ms = 8000};

static void test_deadlines__are_the_options_when_the_request_says_nothing(void **state)
{
  (void)state;
  struct run_request req = {.heartbeat_ms = UINT_MAX};
  struct deadlines d = deadlines_resolve(&settings, &req);
  const unsigned got[] = {d.run_ms,       d.start_ms,        d.idle_ms,
                          d.tool_ms,      d.kill_grace_ms,   d.drain_ms,
                          d.heartbeat_ms, d.result_grace_ms, d.background_ms};
  for (unsigned i = 0; i < 9; i++)
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
                                          .drain_ms = 16,
                                          .background_ms = 0,
                                          .has_background = true},
                            .heartbeat_ms = 0};
  struct deadlines d = deadlines_resolve(&settings, &req);
  assert_int_equal(d.run_ms, 11);
  assert_int_equal(d.start_ms, 12);
  assert_int_equal(d.idle_ms, 0);
  assert_int_equal(d.tool_ms, 14);
  assert_int_equal(d.kill_grace_ms, 15);
  assert_int_equal(d.drain_ms, 16);
  assert_int_equal(d.background_ms, 0);
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

/* -- the watch, over an agent without a run -- */

struct guard {
  struct run_fixture fixture;
  struct deadlines deadlines;
  struct child *child;
  struct events *events;
  struct watch *watch;
  unsigned passed, graces, ended, closed;
  char code[32];
  bool slow; /* its session is not open yet */
};

static void on_line(void *who, struct span line)
{
  (void)who, (void)line;
}

static void on_end(void *who, const struct process_end *end)
{
  (void)end;
  ((struct guard *)who)->ended++;
}

static void on_passed(void *who, const char *code, const char *message)
{
  struct guard *g = who;
  assert_true(message[0]);
  g->passed++;
  snprintf(g->code, sizeof g->code, "%s", code);
}

static void on_grace(void *who)
{
  ((struct guard *)who)->graces++;
}

static void on_closed(void *who)
{
  ((struct guard *)who)->closed++;
}

static void run_ms(struct guard *g, unsigned ms)
{
  unsigned long long end = clock_ticks_ms() + ms;
  while (clock_ticks_ms() < end) {
    uv_run(g->fixture.settings.loop, UV_RUN_NOWAIT);
    traces_sleep_ms(1);
  }
}

/* Until *what is that many; fails after ten seconds. */
static void wait_until(struct guard *g, const unsigned *what, unsigned many)
{
  unsigned long long end = clock_ticks_ms() + 10000;
  while (*what < many && clock_ticks_ms() < end)
    run_ms(g, 1);
  assert_true(*what >= many);
}

/* `last_words_ms`: it is spoken with, and its stdin ends so late. */
static bool has_started(void *who)
{
  return !((struct guard *)who)->slow;
}

static void guard_open_talk(struct guard *g, const char *script,
                            struct deadlines deadlines, unsigned last_words_ms)
{
  static const struct child_calls calls = {.on_line = on_line, .on_end = on_end};
  struct fault f = {0};
  struct strv argv = {0};
  struct buf input = buf_make(16), program = buf_make(4096);
  memset(g, 0, sizeof *g);
  run_fixture_open(&g->fixture, script);
  buf_addf(&program, "%s/claude", g->fixture.bin);
  strv_add(&argv, SPAN_LITERAL("claude"));
  struct child_setup setup = {.program = buf_cstring(&program),
                              .argv = &argv,
                              .env = &g->fixture.env,
                              .cwd = g->fixture.work,
                              .input = &input,
                              .dialogue = last_words_ms > 0,
                              .line_ceiling = 4096,
                              .drain_ms = 100};
  g->child = child_spawn(g->fixture.settings.loop, &setup, &calls, g, &f);
  assert_non_null(g->child);
  strv_free(&argv);
  buf_free(&program);
  struct events_setup stream = {.run_id = SPAN_LITERAL("r"),
                                .thread_id = SPAN_LITERAL("t"),
                                .model = SPAN_LITERAL("m"),
                                .sink = &g->fixture.sink.sink};
  g->events = events_new(&stream);
  events_start(g->events);
  g->deadlines = deadlines;
  struct watch_setup watch = {.loop = g->fixture.settings.loop,
                              .deadlines = &g->deadlines,
                              .child = g->child,
                              .events = g->events,
                              .last_words_ms = last_words_ms,
                              .started = has_started,
                              .on_passed = on_passed,
                              .on_result_grace_over = on_grace,
                              .who = g};
  g->watch = watch_new(&watch);
}

static void guard_open(struct guard *g, const char *script, struct deadlines deadlines)
{
  guard_open_talk(g, script, deadlines, 0);
}

static void guard_close(struct guard *g)
{
  unsigned passed = g->passed, graces = g->graces;
  watch_free(g->watch);
  run_ms(g, 300); /* a freed watch is silent */
  assert_int_equal(g->passed, passed);
  assert_int_equal(g->graces, graces);
  child_close(g->child, on_closed, g);
  wait_until(g, &g->closed, 1);
  events_free(g->events);
  run_fixture_check(&g->fixture);
  run_fixture_close(&g->fixture);
}

static void expect_passed(const char *script, struct deadlines deadlines,
                          const char *code)
{
  struct guard g;
  guard_open(&g, script, deadlines);
  wait_until(&g, &g.passed, 1);
  assert_string_equal(g.code, code);
  run_ms(&g, 500);
  assert_int_equal(g.passed, 1); /* told once, though nobody heeded it */
  guard_close(&g);
}

static void test_deadlines__a_watch_tells_once_which_one_passed(void **state)
{
  (void)state;
  expect_passed("INIT; exec sleep 60", (struct deadlines){.run_ms = 200}, "run-timeout");
  expect_passed("exec sleep 60", (struct deadlines){.start_ms = 200, .idle_ms = 9000},
                "start-timeout");
  expect_passed("INIT; exec sleep 60",
                (struct deadlines){.start_ms = 9000, .idle_ms = 200}, "idle-timeout");
}

static void test_deadlines__a_start_may_be_more_than_the_first_line(void **state)
{
  (void)state;
  struct guard g;
  guard_open(&g, "INIT; while :; do sleep 0.05; INIT; done",
             (struct deadlines){.start_ms = 700, .idle_ms = 300});
  g.slow = true;
  wait_until(&g, &g.passed, 1);
  assert_string_equal(g.code, "start-timeout");
  guard_close(&g);
  guard_open(&g, "INIT; exec sleep 60",
             (struct deadlines){.start_ms = 9000, .idle_ms = 300});
  g.slow = true;
  run_ms(&g, 700);
  assert_int_equal(g.passed, 0); /* silence is not judged before the start is over */
  g.slow = false;
  wait_until(&g, &g.passed, 1);
  assert_string_equal(g.code, "idle-timeout");
  guard_close(&g);
}

static void test_deadlines__an_agent_that_goes_on_printing_is_not_idle(void **state)
{
  (void)state;
  struct guard g;
  guard_open(&g, "while :; do INIT; sleep 0.1; done",
             (struct deadlines){.start_ms = 9000, .idle_ms = 1500});
  run_ms(&g, 3000);
  assert_int_equal(g.passed, 0);
  guard_close(&g);
}

static void test_deadlines__an_agent_whose_server_speaks_is_not_idle(void **state)
{
  (void)state;
  struct guard g;
  guard_open(&g, "INIT; exec sleep 60",
             (struct deadlines){.start_ms = 9000, .idle_ms = 1000});
  for (int i = 0; i < 12; i++) {
    run_ms(&g, 200);
    watch_alive(g.watch);
  }
  assert_int_equal(g.passed, 0);
  wait_until(&g, &g.passed, 1);
  assert_string_equal(g.code, "idle-timeout");
  guard_close(&g);
}

static void test_deadlines__stdin_ends_when_the_last_words_are_spoken(void **state)
{
  (void)state;
  struct guard g;
  guard_open_talk(&g, "INIT; cat > /dev/null", (struct deadlines){.start_ms = 9000}, 300);
  g.deadlines.result_grace_ms = 60000;
  unsigned long long last = 0, begun = clock_ticks_ms();
  for (int i = 0; i < 8; i++) {
    last = clock_ticks_ms();
    watch_result(g.watch, 0);
    run_ms(&g, 20);
  }
  wait_until(&g, &g.ended, 1);
  assert_true(clock_ticks_ms() - last >= 300);
  assert_true(clock_ticks_ms() - begun < 10000);
  guard_close(&g);
}

static void
test_deadlines__an_agent_that_speaks_on_and_on_is_not_heard_for_ever(void **state)
{
  (void)state;
  struct guard g;
  guard_open_talk(&g, "INIT; cat > /dev/null; exec sleep 60",
                  (struct deadlines){.start_ms = 9000, .result_grace_ms = 200}, 300);
  unsigned long long begun = clock_ticks_ms();
  while (!g.graces && clock_ticks_ms() - begun < 10000) {
    if (clock_ticks_ms() - begun < 1600) /* from then on its stdin has ended */
      watch_result(g.watch, 0);
    run_ms(&g, 20);
  }
  assert_int_equal(g.graces, 1);
  guard_close(&g);
}

static void test_deadlines__last_words_wait_while_they_are_not_read(void **state)
{
  (void)state;
  struct guard g;
  guard_open_talk(&g, "INIT; cat > /dev/null", (struct deadlines){.start_ms = 9000}, 50);
  g.deadlines.result_grace_ms = 60000;
  child_pause(g.child);
  watch_result(g.watch, 0);
  run_ms(&g, 600);
  assert_int_equal(g.ended, 0);
  child_resume(g.child);
  wait_until(&g, &g.ended, 1);
  guard_close(&g);
}

/* `script` is not read for longer than each limit, then read again. */
static void expect_stands_still(const char *script, struct deadlines deadlines,
                                bool after_its_first_line, const char *code)
{
  struct guard g;
  guard_open(&g, script, deadlines);
  for (int i = 0; after_its_first_line && !child_first_output_ms(g.child); i++) {
    assert_true(i < 10000);
    run_ms(&g, 1);
  }
  child_pause(g.child);
  watch_result(g.watch, 0);
  run_ms(&g, 2000);
  assert_int_equal(g.passed + g.graces, 0);
  child_resume(g.child);
  unsigned long long resumed = clock_ticks_ms();
  wait_until(&g, &g.passed, 1);
  assert_true(clock_ticks_ms() - resumed >= 400); /* the pause did not count */
  wait_until(&g, &g.graces, 1);
  assert_string_equal(g.code, code);
  guard_close(&g);
}

static void test_deadlines__no_silence_and_no_grace_run_while_it_is_not_read(void **state)
{
  (void)state;
  struct deadlines start = {.start_ms = 500, .result_grace_ms = 500};
  struct deadlines idle = {.start_ms = 9000, .idle_ms = 500, .result_grace_ms = 500};
  expect_stands_still("exec sleep 60", start, false, "start-timeout");
  expect_stands_still("INIT; exec sleep 60", idle, true, "idle-timeout");
}

static void
test_deadlines__lines_after_the_result_put_the_end_off_three_times(void **state)
{
  (void)state;
  struct guard g;
  guard_open(&g, "exec sleep 60", (struct deadlines){.result_grace_ms = 600});
  unsigned long long from = clock_ticks_ms();
  while (!g.graces && clock_ticks_ms() - from < 10000) {
    watch_result(g.watch, 0);
    run_ms(&g, 150);
  }
  unsigned long long took = clock_ticks_ms() - from;
  assert_true(took >= 1700); /* each line put it off … */
  assert_true(took < 5000);  /* … but not for ever */
  guard_close(&g);
}

static void
test_deadlines__open_tasks_are_waited_for_and_then_the_grace_runs(void **state)
{
  (void)state;
  struct guard g;
  guard_open(&g, "INIT; exec sleep 60",
             (struct deadlines){.result_grace_ms = 300,
                                .background_ms = 2500,
                                .start_ms = 9000,
                                .idle_ms = 400});
  watch_result(g.watch, 2);
  run_ms(&g, 1200);
  assert_int_equal(g.graces + g.passed, 0); /* no silence counts, either */
  watch_result(g.watch, 1);                 /* it is not begun anew */
  wait_until(&g, &g.graces, 1);
  watch_works(g.watch);
  watch_result(g.watch, 0);
  wait_until(&g, &g.graces, 2);
  guard_close(&g);
}

static void test_deadlines__a_turn_after_the_result_stops_the_grace(void **state)
{
  (void)state;
  struct guard g;
  guard_open(&g, "exec sleep 60", (struct deadlines){.result_grace_ms = 300});
  watch_works(g.watch); /* nothing was to be stopped */
  watch_result(g.watch, 0);
  run_ms(&g, 100);
  watch_works(g.watch);
  run_ms(&g, 900);
  assert_int_equal(g.graces, 0);
  watch_result(g.watch, 0);
  wait_until(&g, &g.graces, 1);
  guard_close(&g);
}

static void test_deadlines__no_background_time_is_the_short_grace(void **state)
{
  (void)state;
  struct guard g;
  guard_open(&g, "exec sleep 60", (struct deadlines){.result_grace_ms = 200});
  watch_result(g.watch, 3);
  wait_until(&g, &g.graces, 1);
  guard_close(&g);
}

static void test_deadlines__the_runs_own_ends_a_wait_for_tasks_well(void **state)
{
  (void)state;
  struct guard g;
  guard_open(
      &g, "exec sleep 60",
      (struct deadlines){.run_ms = 500, .result_grace_ms = 200, .background_ms = 60000});
  watch_result(g.watch, 1);
  wait_until(&g, &g.graces, 1);
  assert_int_equal(g.passed, 0);
  guard_close(&g);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_deadlines__are_the_options_when_the_request_says_nothing),
      cmocka_unit_test(test_deadlines__of_the_request_beat_the_options_and_zero_counts),
      cmocka_unit_test(test_deadlines__a_cap_holds_against_the_request),
      cmocka_unit_test(test_deadlines__a_watch_that_never_was_can_be_freed),
      cmocka_unit_test(test_deadlines__stdin_ends_when_the_last_words_are_spoken),
      cmocka_unit_test(
          test_deadlines__an_agent_that_speaks_on_and_on_is_not_heard_for_ever),
      cmocka_unit_test(test_deadlines__last_words_wait_while_they_are_not_read),
      cmocka_unit_test(test_deadlines__a_watch_tells_once_which_one_passed),
      cmocka_unit_test(test_deadlines__an_agent_whose_server_speaks_is_not_idle),
      cmocka_unit_test(test_deadlines__a_start_may_be_more_than_the_first_line),
      cmocka_unit_test(test_deadlines__an_agent_that_goes_on_printing_is_not_idle),
      cmocka_unit_test(test_deadlines__no_silence_and_no_grace_run_while_it_is_not_read),
      cmocka_unit_test(
          test_deadlines__lines_after_the_result_put_the_end_off_three_times),
      cmocka_unit_test(test_deadlines__open_tasks_are_waited_for_and_then_the_grace_runs),
      cmocka_unit_test(test_deadlines__a_turn_after_the_result_stops_the_grace),
      cmocka_unit_test(test_deadlines__no_background_time_is_the_short_grace),
      cmocka_unit_test(test_deadlines__the_runs_own_ends_a_wait_for_tasks_well),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
