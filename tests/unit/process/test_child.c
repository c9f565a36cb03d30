/* SPDX-License-Identifier: MIT */
/* A child that runs and ends by itself: what it is given and what is heard of it. */
#include "process/child.h"

#include "base/clock.h"
#include "base/limits.h"
#include "child_fixture.h"
#include "io/loop.h"
#include "loopback.h"
#include "process/keeper.h"
#include "scratch.h"
#include "traces.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

/* -- exits -- */

static void test_child__tells_status_and_every_line_even_one_without_newline(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo one; printf two; exit 7");
  child_fixture_run(&d);
  child_fixture_expect(&d, "one|two|");
  assert_int_equal(d.end.status, 7);
  assert_int_equal(d.end.signal, 0);
  assert_false(d.end.forced);
  assert_true(d.end.max_rss_kib > 0);
  assert_true(child_pid(d.child) > 0);
  assert_null(child_spawn_fault(d.child));
  child_fixture_settle(&d, true);
  assert_int_equal(d.end.leftover_count, 0);
  child_fixture_finish(&d, 0);
}

static void test_child__tells_the_signal_that_killed_it(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("kill -KILL $$");
  child_fixture_run(&d);
  assert_int_equal(d.end.signal, SIGKILL);
  assert_int_equal(d.end.status, 0);
  assert_false(d.end.forced);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__keeps_the_last_of_stderr(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("seq 1 20000 >&2; echo out; echo last >&2; exit 1");
  child_fixture_run(&d);
  child_fixture_expect(&d, "out|");
  assert_int_equal(d.tail.len, LIMIT_STDERR_KEPT_BYTES);
  assert_string_equal(d.tail.at + d.tail.len - 11, "20000\nlast\n");
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_program_that_cannot_start_is_told_by_its_end(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  scratch_write(&s, "plain", 0644, "#!/bin/sh\n");
  char plain[512], none[512];
  snprintf(plain, sizeof plain, "%s", scratch_path(&s, "plain"));
  snprintf(none, sizeof none, "%s", scratch_path(&s, "none"));
  struct {
    const char *program, *cwd, *what, *why;
  } cases[] = {{none, "/", "cannot execute", "No such file"},
               {plain, "/", "cannot execute", "Permission denied"},
               {"/bin/sh", none, "cannot enter the workspace", "No such file"}};
  for (size_t i = 0; i < 3; i++) {
    struct child_fixture d = child_fixture_make("exit 0");
    d.setup.program = cases[i].program;
    d.setup.cwd = cases[i].cwd;
    child_fixture_run(&d);
    const struct fault *f = child_spawn_fault(d.child);
    assert_non_null(f);
    assert_int_equal(f->kind, FAULT_AGENT);
    if (!strstr(f->text, cases[i].what) || !strstr(f->text, cases[i].program) ||
        !strstr(f->text, cases[i].why))
      fail_msg("%s", f->text);
    assert_int_equal(d.end.status, 127);
    child_fixture_settle(&d, true);
    child_fixture_finish(&d, 0);
  }
  scratch_remove(&s);
}

/* -- what it is told -- */

static void test_child__gets_all_its_input_and_then_the_end(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("wc -c");
  struct buf input = buf_make(16 * MIB);
  for (int i = 0; i < 8 * 1024; i++) {
    char *at = buf_reserve(&input, KIB);
    memset(at, 'x', KIB);
    buf_grew(&input, KIB);
  }
  d.setup.input = &input;
  child_fixture_run(&d);
  child_fixture_expect(&d, "8388608|");
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__input_that_is_never_read_is_no_failure(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo done; exit 0");
  struct buf input = buf_make(16 * MIB);
  char *at = buf_reserve(&input, 4 * MIB);
  memset(at, 'x', 4 * MIB);
  buf_grew(&input, 4 * MIB);
  d.setup.input = &input;
  child_fixture_run(&d);
  child_fixture_expect(&d, "done|");
  assert_int_equal(d.end.status, 0);
  assert_int_equal(d.end.signal, 0);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_dialogue_keeps_stdin_open(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("read a; echo \"got $a\"; read b; echo \"got $b\"");
  struct buf input = buf_make(KIB);
  buf_add_text(&input, "one\n");
  d.setup.input = &input;
  d.setup.dialogue = true;
  d.answer = "two\n";
  child_fixture_run(&d);
  child_fixture_expect(&d, "got one|got two|");
  assert_false(child_takes_input(d.child));   /* it is gone */
  child_write(d.child, SPAN_LITERAL("late")); /* to nobody: fine */
  assert_int_equal(child_input_waiting(d.child), 0);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

/* -- what it prints -- */

static void test_child__invalid_utf8_is_repaired_and_counted(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("printf 'a\\377b\\n\\303\\251\\n'");
  child_fixture_run(&d);
  child_fixture_expect(&d, "a\xef\xbf\xbd"
                           "b|\xc3\xa9|");
  assert_int_equal(child_repaired(d.child), 1);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_line_above_the_ceiling_is_told_and_passed_over(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo short; seq -s , 1 1000; echo after");
  d.setup.line_ceiling = 64;
  child_fixture_run(&d);
  child_fixture_expect(&d, "short|after|");
  assert_int_equal(d.too_long, 1);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

/* -- what it is born with -- */

static void test_child__has_pipes_its_own_session_and_no_other_descriptor(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make(
      "test -p /dev/stdin && test -p /dev/stdout && test -p /dev/stderr && echo pipes;"
      "read pid name st ppid pgrp sid rest </proc/self/stat;"
      "test $pgrp = $$ && test $sid = $$ && echo leader;"
      "ls /proc/$$/fd;"
      "grep -E '^Sig(Blk|Ign):' /proc/self/status | grep -v '0000000000000000$';"
      "pwd");
  int held = dup(0); /* one without CLOEXEC, as a careless library may have */
  child_fixture_run(&d);
  close(held);
  child_fixture_expect(&d, "pipes|leader|0|1|2|/|");
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__its_environment_is_what_was_given(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("env | grep -v -E '^(PWD|SHLVL|_|OLDPWD)=' | sort");
  struct buf expected = buf_make(KIB);
  buf_addf(&expected, "PATH=/usr/local/bin:/usr/bin:/bin|%s|", traces_mark());
  child_fixture_run(&d);
  child_fixture_expect(&d, expected.at);
  buf_free(&expected);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_hundred_of_them_leave_no_descriptor(void **state)
{
  (void)state;
  unsigned before = 0;
  for (int i = 0; i < 30; i++) {
    struct child_fixture d = child_fixture_make("echo hi");
    if (i == 29)
      d.setup.program = "/no/such/program";
    child_fixture_run(&d);
    child_fixture_settle(&d, true);
    child_fixture_finish(&d, 0);
    if (i == 0)
      before = traces_descriptors();
  }
  assert_int_equal(traces_descriptors(), before);
}

/* -- back-pressure -- */

static void test_child__while_paused_nothing_comes_and_nothing_is_lost(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("seq 1 150000; exit 4");
  d.pause_at = 1;
  d.setup.drain_ms = 20;
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_line, &d);
  assert_true(child_is_paused(d.child));
  unsigned lines = d.lines; /* the rest of the first read still came */
  loopback_run_ms(d.loop, 500);
  assert_int_equal(d.lines, lines);
  assert_int_equal(d.ended, 0); /* whether it has exited or not: the drain stands still */
  child_resume(d.child);
  child_resume(d.child);
  assert_false(child_is_paused(d.child));
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_int_equal(d.lines, 150000);
  assert_int_equal(d.end.status, 4);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_pause_is_no_silence(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo up; sleep 60");
  d.pause_at = 1;
  child_fixture_spawn(&d);
  unsigned long long spawned = child_last_output_ms(d.child);
  assert_int_equal(child_first_output_ms(d.child), 0);
  loopback_wait(d.loop, child_fixture_has_line, &d);
  assert_true(child_first_output_ms(d.child) >= spawned);
  loopback_run_ms(d.loop, 100);
  child_resume(d.child);
  assert_true(clock_ticks_ms() - child_last_output_ms(d.child) < 90);
  child_fixture_finish(&d, 0);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_child__tells_status_and_every_line_even_one_without_newline),
      cmocka_unit_test(test_child__tells_the_signal_that_killed_it),
      cmocka_unit_test(test_child__keeps_the_last_of_stderr),
      cmocka_unit_test(test_child__a_program_that_cannot_start_is_told_by_its_end),
      cmocka_unit_test(test_child__gets_all_its_input_and_then_the_end),
      cmocka_unit_test(test_child__input_that_is_never_read_is_no_failure),
      cmocka_unit_test(test_child__a_dialogue_keeps_stdin_open),
      cmocka_unit_test(test_child__invalid_utf8_is_repaired_and_counted),
      cmocka_unit_test(test_child__a_line_above_the_ceiling_is_told_and_passed_over),
      cmocka_unit_test(test_child__has_pipes_its_own_session_and_no_other_descriptor),
      cmocka_unit_test(test_child__its_environment_is_what_was_given),
      cmocka_unit_test(test_child__a_hundred_of_them_leave_no_descriptor),
      cmocka_unit_test(test_child__while_paused_nothing_comes_and_nothing_is_lost),
      cmocka_unit_test(test_child__a_pause_is_no_silence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
