/* SPDX-License-Identifier: MIT */
#include "process/orphans.h"

#include "io/loop.h"
#include "loopback.h"
#include "process/descendants.h"
#include "traces.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include <uv.h>

#define PROCESSES 24

static struct uv_loop_s *open_loop(void)
{
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  assert_int_equal(orphans_open(loop, &f), 0);
  return loop;
}

static void close_loop(struct uv_loop_s *loop)
{
  orphans_close(loop);
  assert_true(loop_free(loop));
  traces_expect_no_child();
}

static pid_t child_that_exits(int status, unsigned after_ms)
{
  pid_t pid = fork();
  if (pid != 0)
    return pid;
  traces_sleep_ms(after_ms);
  _exit(status);
}

static bool has_no_child(void *who)
{
  (void)who;
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

static void test_orphans__a_grandchild_that_lost_its_parent_is_reaped(void **state)
{
  (void)state;
  struct uv_loop_s *loop = open_loop();
  pid_t pid = fork();
  if (pid == 0) {
    /* alive when this one dies */
    for (int i = 0; i < 5; i++)
      (void)child_that_exits(3, 20);
    _exit(0);
  }
  loopback_wait(loop, has_no_child, NULL);
  close_loop(loop);
}

static void test_orphans__who_died_before_the_opening_is_reaped_too(void **state)
{
  (void)state;
  (void)child_that_exits(0, 0);
  traces_sleep_ms(20);
  close_loop(open_loop());
}

static void test_orphans__a_claimed_status_is_never_taken(void **state)
{
  (void)state;
  struct uv_loop_s *loop = open_loop();
  pid_t mine = child_that_exits(7, 0);
  orphans_claim(loop, mine);
  (void)child_that_exits(0, 10);
  loopback_run_ms(loop, 100);
  int status;
  assert_int_equal(waitpid(mine, &status, WNOHANG), mine);
  assert_int_equal(WEXITSTATUS(status), 7);
  orphans_release(loop, mine); /* now whoever stood behind it goes */
  loopback_wait(loop, has_no_child, NULL);
  close_loop(loop);
}

static void test_orphans__a_pid_that_comes_again_is_an_orphan_again(void **state)
{
  (void)state;
  struct uv_loop_s *loop = open_loop();
  pid_t pid = child_that_exits(0, 0);
  orphans_claim(loop, pid);
  orphans_release(loop, pid); /* as if the number was given to another process */
  loopback_wait(loop, has_no_child, NULL);
  close_loop(loop);
}

static void test_orphans__listening_is_no_reason_for_the_loop_to_stay(void **state)
{
  (void)state;
  struct uv_loop_s *loop = open_loop();
  pid_t pid = child_that_exits(0, 50);
  loop_run(loop); /* returns at once */
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  close_loop(loop);
}

static void test_orphans__on_a_loop_without_them_nothing_happens(void **state)
{
  (void)state;
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  orphans_claim(loop, 4711);
  orphans_release(loop, 4711);
  orphans_sweep(loop, 0, 0);
  orphans_close(loop);
  assert_true(loop_free(loop));
}

static void test_orphans__a_sweep_kills_the_young_and_unclaimed(void **state)
{
  (void)state;
  struct uv_loop_s *loop = open_loop();
  pid_t old = child_that_exits(0, 60000);
  traces_sleep_ms(30); /* a start is known to 10 ms */
  pid_t claimed = child_that_exits(0, 60000);
  orphans_claim(loop, claimed);
  pid_t young = child_that_exits(0, 60000);
  orphans_sweep(loop, young, descendants_started(young));
  loopback_run_ms(loop, 50);
  assert_int_equal(kill(young, 0), -1); /* dead and reaped */
  assert_int_equal(kill(old, 0), 0);
  assert_int_equal(kill(claimed, SIGKILL), 0);
  assert_int_equal(waitpid(claimed, NULL, 0), claimed);
  orphans_release(loop, claimed);
  assert_int_equal(kill(old, SIGKILL), 0);
  loopback_wait(loop, has_no_child, NULL);
  close_loop(loop);
}

/* -- libuv's own children, while orphans die beside them -- */

struct fleet {
  uv_process_t processes[PROCESSES];
  int64_t statuses[PROCESSES];
  unsigned exited;
};

static void exited(uv_process_t *process, int64_t status, int signal)
{
  struct fleet *fleet = process->data;
  (void)signal;
  fleet->statuses[process - fleet->processes] = status;
  fleet->exited++;
  orphans_release(process->loop, process->pid);
  uv_close((uv_handle_t *)process, NULL);
}

static bool all_exited(void *who)
{
  return ((struct fleet *)who)->exited == PROCESSES;
}

static void test_orphans__libuv_gets_the_exit_of_each_of_its_children(void **state)
{
  (void)state;
  struct uv_loop_s *loop = open_loop();
  static struct fleet fleet;
  for (int i = 0; i < PROCESSES; i++) {
    char script[64];
    snprintf(script, sizeof script, "(sleep 0.0%d &) ; exit %d", i % 10, i);
    char *argv[] = {(char *)"sh", (char *)"-c", script, NULL};
    uv_process_options_t o = {.file = "/bin/sh", .args = argv, .exit_cb = exited};
    fleet.processes[i].data = &fleet;
    assert_int_equal(uv_spawn(loop, &fleet.processes[i], &o), 0);
    orphans_claim(loop, fleet.processes[i].pid);
  }
  loopback_wait(loop, all_exited, &fleet);
  for (int i = 0; i < PROCESSES; i++)
    assert_int_equal(fleet.statuses[i], i);
  loopback_wait(loop, has_no_child, NULL);
  close_loop(loop);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_orphans__a_grandchild_that_lost_its_parent_is_reaped),
      cmocka_unit_test(test_orphans__who_died_before_the_opening_is_reaped_too),
      cmocka_unit_test(test_orphans__a_claimed_status_is_never_taken),
      cmocka_unit_test(test_orphans__a_pid_that_comes_again_is_an_orphan_again),
      cmocka_unit_test(test_orphans__listening_is_no_reason_for_the_loop_to_stay),
      cmocka_unit_test(test_orphans__on_a_loop_without_them_nothing_happens),
      cmocka_unit_test(test_orphans__a_sweep_kills_the_young_and_unclaimed),
      cmocka_unit_test(test_orphans__libuv_gets_the_exit_of_each_of_its_children),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
