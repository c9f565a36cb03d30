/* SPDX-License-Identifier: MIT */
/* The ends of a child: who else holds its pipes, what it leaves, who stops or kills
 * it. */
#include "process/child.h"

#include "base/clock.h"
#include "base/limits.h"
#include "child_fixture.h"
#include "io/loop.h"
#include "loopback.h"
#include "process/keeper.h"
#include "process/orphans.h"
#include "scratch.h"
#include "traces.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

/* -- pipes that others hold -- */

static void test_child__ends_once_when_grandchild_holds_stdout(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("sleep 60 & echo hi; exit 0");
  unsigned long long begin = clock_ticks_ms();
  child_fixture_run(&d);
  assert_in_range(d.ended_ms - begin, 100, 5000); /* not before the drain is over */
  child_fixture_expect(&d, "hi|");
  child_fixture_settle(&d, true);
  assert_int_equal(d.end.leftover_count, 0);
  loopback_run_ms(d.loop, 150);
  assert_int_equal(d.ended, 1);
  child_fixture_finish(&d, 0);
}

static void test_child__what_a_grandchild_prints_in_time_still_counts(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("(sleep 0.2; echo late; sleep 60) & echo early");
  d.setup.drain_ms = 2000;
  child_fixture_run(&d);
  child_fixture_expect(&d, "early|late|");
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void busy(uv_async_t *handle)
{
  traces_sleep_ms(400);
  uv_close((uv_handle_t *)handle, NULL);
}

/* The drain's deadline passes while the loop is busy with something else; the byte was
 * there in time. */
static void test_child__a_late_look_at_the_pipe_loses_nothing(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("(sleep 0.3; echo late; sleep 60) & echo early");
  d.setup.drain_ms = 500;
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_line, &d);
  loopback_run_ms(d.loop, 200); /* the exit was heard: the drain runs */
  uv_async_t other;
  uv_async_init(d.loop, &other, busy);
  uv_async_send(&other);
  loopback_wait(d.loop, child_fixture_ended, &d);
  child_fixture_expect(&d, "early|late|");
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

/* Ten drains is the most that the talk of others can add. */
static void expect_end_in_time(const char *script, const char *first)
{
  struct child_fixture d = child_fixture_make(script);
  unsigned long long begin = clock_ticks_ms();
  child_fixture_run(&d);
  assert_in_range(d.ended_ms - begin, 890, 9000); /* without: a minute */
  assert_int_equal(d.end.status, 5);
  assert_memory_equal(buf_cstring(&d.text), first, strlen(first));
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_grandchild_that_prints_for_ever_does_not_hold_it(void **state)
{
  (void)state;
  expect_end_in_time("(while :; do echo x; sleep 0.03; done) & echo hi; exit 5", "hi|");
  expect_end_in_time("(while :; do echo x >&2; sleep 0.03; done) & echo hi; exit 5",
                     "hi|");
  expect_end_in_time("(while :; do seq 1000; done) & echo hi; exit 5", "");
}

static void test_child__what_the_agent_wrote_is_read_however_long_it_takes(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("seq 1 100000; (while :; do echo x; sleep 0.01; done) & exit 0");
  d.setup.drain_ms = 50;
  d.pause_at = 1;
  child_fixture_spawn(&d);
  loopback_run_ms(d.loop, 1000); /* more than ten drains, in which nobody looks */
  assert_int_equal(d.ended, 0);
  child_resume(d.child);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_true(d.lines > 100000);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_program_that_leaves_stdout_early_is_waited_for(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo a; exec >&- 2>&-; sleep 0.3; exit 5");
  child_fixture_run(&d);
  assert_int_equal(d.end.status, 5);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

/* -- what is left -- */

static void test_child__a_sweep_takes_who_left_session_and_parent(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make(
      "setsid sh -c 'setsid sleep 60 & sleep 60' >/dev/null 2>&1 & sleep 0.1");
  child_fixture_run(&d);
  traces_expect_alive(3, 1000);
  child_fixture_settle(&d, true);
  assert_int_equal(d.end.leftover_count, 0);
  traces_expect_alive(0, 0); /* when it is told they are gone, they are */
  child_fixture_finish(&d, 0);
}

static void test_child__keep_names_what_is_left_and_lets_it_live(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("sleep 60 >/dev/null 2>&1 & sleep 0.1; exit 0");
  child_fixture_run(&d);
  child_fixture_settle(&d, false);
  assert_int_equal(d.end.leftover_count, 1);
  assert_string_equal(d.leftovers[0].name, "sleep");
  int pid = d.leftovers[0].pid;
  child_fixture_finish(&d, 1);
  assert_int_equal(kill(pid, SIGKILL), 0);
  traces_expect_alive(0, 1000);
}

static void test_child__closing_while_it_lives_kills_everything(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("trap '' TERM; setsid sleep 60 & echo up; sleep 60");
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_line, &d);
  traces_expect_alive(3, 1000);
  child_fixture_finish(&d, 0);
  assert_int_equal(d.ended, 0);
}

static void test_child__may_be_closed_before_it_began(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo hi; sleep 60");
  child_fixture_spawn(&d);
  child_fixture_finish(&d, 0);
  assert_int_equal(d.lines, 0);
}

static void test_child__may_be_closed_from_a_line_and_then_says_no_more(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("printf 'one\\ntwo\\nthree\\n'; sleep 60");
  d.close_at = 1;
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_closed, &d);
  d.child = NULL;
  child_fixture_expect(&d, "one|");
  child_fixture_finish(&d, 0);
}

/* -- stopping -- */

static void test_child__stop_is_term_to_the_group_and_its_last_words_count(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("trap 'echo bye; exit 3' TERM; echo up; sleep 60 & wait");
  d.stop_grace_ms = 60000;
  unsigned long long begin = clock_ticks_ms();
  child_fixture_run(&d);
  assert_true(d.ended_ms - begin < 10000);
  child_fixture_expect(&d, "up|bye|");
  assert_int_equal(d.end.status, 3);
  assert_true(d.end.forced);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__who_ignores_term_is_killed_after_the_grace(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make(
      "trap '' TERM; setsid sleep 60 & echo up; while :; do sleep 0.05; done");
  d.stop_grace_ms = 200;
  unsigned long long begin = clock_ticks_ms();
  child_fixture_run(&d);
  assert_in_range(d.ended_ms - begin, 200, 8000);
  assert_int_equal(d.end.signal, SIGKILL);
  assert_true(d.end.forced);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_shorter_grace_hastens_a_longer_one_does_not_delay(void **state)
{
  (void)state;
  struct child_fixture d =
      child_fixture_make("trap '' TERM; echo up; while :; do sleep 0.05; done");
  d.stop_grace_ms = 60000;
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_line, &d);
  child_stop(d.child, 50);
  child_stop(d.child, 60000);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_int_equal(d.end.signal, SIGKILL);
  child_stop(d.child, 1); /* any number of times, at any time */
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

static void test_child__a_pause_does_not_hold_who_was_stopped(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make(
      "trap 'echo bye; exit 3' TERM; echo up; cat /dev/zero | tr '\\0' '\\n' & wait");
  d.pause_at = 1;
  d.stop_grace_ms = 300;
  child_fixture_run(&d); /* nobody resumes it: its reader is stuck or gone */
  assert_true(d.end.forced);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

/* The agent has exited and something of its own prints on and on: the drain never ends by
 * itself, so a stop must end it. */
static void test_child__a_stop_ends_who_keeps_talking_after_the_exit(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make(
      "(trap '' TERM; while :; do echo more; sleep 0.02; done) & echo up");
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_line, &d);
  loopback_run_ms(d.loop, 500);
  assert_int_equal(d.ended, 0);
  child_stop(d.child, 50);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_false(d.end.forced); /* the agent was not: it had exited */
  assert_int_equal(d.end.status, 0);
  child_fixture_settle(&d, true);
  assert_int_equal(d.end.leftover_count, 0);
  child_fixture_finish(&d, 0);
}

/* -- when somebody is killed -- */

static int parent_of(int pid)
{
  char path[64];
  int parent = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%*d (%*[^)]) %*c %d", &parent), 1);
  fclose(file);
  return parent;
}

static void test_child__a_killed_keeper_takes_its_agent_along(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo up; exec sleep 60");
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_pid, &d);
  assert_int_equal(kill(parent_of(child_pid(d.child)), SIGKILL), 0);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_int_equal(d.end.signal, SIGKILL);
  child_fixture_settle(&d, true);
  child_fixture_finish(&d, 0);
}

/* A process that dies and stays half-way, like one in a system call that cannot be
 * interrupted: a tracer holds it. */
static void test_child__who_cannot_be_reaped_is_named_and_given_up(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo up; exec sleep 60");
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_line, &d);
  loopback_wait(d.loop, child_fixture_has_pid, &d);
  traces_sleep_ms(50); /* it is `sleep` now */
  int pid = child_pid(d.child);
  if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACEEXIT) < 0)
    fail_msg("ptrace: %s", strerror(errno));
  unsigned long long begin = clock_ticks_ms();
  child_stop(d.child, 50);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_in_range(d.ended_ms - begin, LIMIT_SWEEP_MS, LIMIT_SWEEP_MS + 2000);
  assert_int_equal(d.end.signal, SIGKILL);
  child_fixture_settle(&d, true);
  assert_int_equal(d.end.leftover_count, 1);
  assert_int_equal(d.leftovers[0].pid, pid);
  assert_string_equal(d.leftovers[0].name, "sleep");
  assert_int_equal(waitpid(pid, NULL, __WALL), pid); /* its stop */
  assert_int_equal(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
  child_fixture_finish(&d, 0);
}

static void expect_end_after_keeper(int signal)
{
  struct child_fixture d =
      child_fixture_make("setsid sh -c 'trap \"\" TERM; sleep 60' & echo up; sleep 60");
  struct fault f = {0};
  assert_int_equal(orphans_open(d.loop, &f), 0);
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_line, &d);
  loopback_wait(d.loop, child_fixture_has_pid, &d);
  traces_expect_alive(4, 1000);
  assert_int_equal(kill(parent_of(child_pid(d.child)), signal), 0);
  child_stop(d.child, 50);
  loopback_wait(d.loop, child_fixture_ended, &d);
  assert_int_equal(d.end.signal, SIGKILL);
  child_fixture_settle(&d, true);
  traces_expect_alive(0, 500);
  loopback_run_ms(d.loop, 50); /* the orphans are reaped */
  orphans_close(d.loop);
  prctl(PR_SET_CHILD_SUBREAPER, 0); /* the next tests want none */
  child_fixture_finish(&d, 0);
}

static void test_child__what_a_killed_keeper_kept_is_killed_too(void **state)
{
  (void)state;
  expect_end_after_keeper(SIGKILL);
}

static void test_child__a_stopped_keeper_does_not_hold_the_end(void **state)
{
  (void)state;
  expect_end_after_keeper(SIGSTOP);
}

static void test_child__a_stopped_keeper_does_not_hold_the_closing(void **state)
{
  (void)state;
  struct child_fixture d = child_fixture_make("echo up; exec sleep 60");
  child_fixture_spawn(&d);
  loopback_wait(d.loop, child_fixture_has_pid, &d);
  assert_int_equal(kill(parent_of(child_pid(d.child)), SIGSTOP), 0);
  child_fixture_finish(&d, 0);
}

static void test_child__killed_for_memory_says_so_unless_it_was_us(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char script[600];
  for (int ours = 0; ours < 2; ours++) {
    const char *file = scratch_write(&s, "events", 0600, "oom_kill 0\n");
    snprintf(script, sizeof script, "trap '' TERM; echo oom_kill 1 >%s; echo up; %s",
             file, ours ? "sleep 60; sleep 60" : "kill -9 $$");
    struct child_fixture d = child_fixture_make(script);
    d.setup.terms.kills = file;
    d.stop_grace_ms = ours ? 20 : 0;
    child_fixture_run(&d);
    assert_int_equal(d.end.signal, SIGKILL);
    assert_int_equal(d.end.forced, ours);
    assert_int_equal(d.end.oom, !ours);
    child_fixture_settle(&d, true);
    child_fixture_finish(&d, 0);
  }
  scratch_remove(&s);
}

/* The runner of the next test: tells when its agent is up, and is killed. */
_Noreturn static void be_runner(const char *folder, const struct strv *env, int tell)
{
  struct child_fixture d = child_fixture_make(
      "setsid sh -c 'trap \"\" TERM HUP; sleep 60' & echo up; sleep 60");
  strv_free(&d.env);
  d.env = *env;
  d.setup.terms.folder = folder;
  child_fixture_spawn(&d);
  while (d.lines == 0)
    loopback_run_ms(d.loop, 5);
  (void)!write(tell, "x", 1);
  for (;;)
    pause();
}

static void test_child__a_killed_runner_leaves_no_process_and_no_folder(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct strv env = traces_environment();
  int up[2];
  char byte;
  scratch_write(&s, "token", 0600, "secret");
  assert_int_equal(pipe(up), 0);
  pid_t runner = fork();
  if (runner == 0)
    be_runner(s.folder, &env, up[1]);
  assert_int_equal(read(up[0], &byte, 1), 1);
  traces_expect_alive(4, 1000); /* two shells and two sleeps */
  assert_int_equal(kill(runner, SIGKILL), 0);
  assert_int_equal(waitpid(runner, NULL, 0), runner);
  traces_expect_alive(0, 1000);
  for (int i = 0; i < 200 && access(s.folder, F_OK) == 0; i++)
    traces_sleep_ms(5);
  assert_int_not_equal(access(s.folder, F_OK), 0);
  close(up[0]);
  close(up[1]);
  strv_free(&env);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_child__ends_once_when_grandchild_holds_stdout),
      cmocka_unit_test(test_child__what_a_grandchild_prints_in_time_still_counts),
      cmocka_unit_test(test_child__a_late_look_at_the_pipe_loses_nothing),
      cmocka_unit_test(test_child__a_grandchild_that_prints_for_ever_does_not_hold_it),
      cmocka_unit_test(test_child__what_the_agent_wrote_is_read_however_long_it_takes),
      cmocka_unit_test(test_child__a_program_that_leaves_stdout_early_is_waited_for),
      cmocka_unit_test(test_child__a_sweep_takes_who_left_session_and_parent),
      cmocka_unit_test(test_child__keep_names_what_is_left_and_lets_it_live),
      cmocka_unit_test(test_child__closing_while_it_lives_kills_everything),
      cmocka_unit_test(test_child__may_be_closed_before_it_began),
      cmocka_unit_test(test_child__may_be_closed_from_a_line_and_then_says_no_more),
      cmocka_unit_test(test_child__stop_is_term_to_the_group_and_its_last_words_count),
      cmocka_unit_test(test_child__who_ignores_term_is_killed_after_the_grace),
      cmocka_unit_test(test_child__a_shorter_grace_hastens_a_longer_one_does_not_delay),
      cmocka_unit_test(test_child__a_pause_does_not_hold_who_was_stopped),
      cmocka_unit_test(test_child__a_stop_ends_who_keeps_talking_after_the_exit),
      cmocka_unit_test(test_child__a_killed_keeper_takes_its_agent_along),
      cmocka_unit_test(test_child__who_cannot_be_reaped_is_named_and_given_up),
      cmocka_unit_test(test_child__what_a_killed_keeper_kept_is_killed_too),
      cmocka_unit_test(test_child__a_stopped_keeper_does_not_hold_the_end),
      cmocka_unit_test(test_child__a_stopped_keeper_does_not_hold_the_closing),
      cmocka_unit_test(test_child__killed_for_memory_says_so_unless_it_was_us),
      cmocka_unit_test(test_child__a_killed_runner_leaves_no_process_and_no_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
