/* SPDX-License-Identifier: MIT */
#include "process/descendants.h"

#include "base/buf.h"
#include "traces.h"

#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

struct seen_ids {
  int pids[64];
  char names[64][16];
  unsigned count;
};

static void note(void *who, int pid, const char *name)
{
  struct seen_ids *s = who;
  assert_true(s->count < 64);
  s->pids[s->count] = pid;
  snprintf(s->names[s->count++], 16, "%s", name);
}

static unsigned count_below(int root)
{
  struct seen_ids s = {0};
  unsigned n = descendants_each(root, note, &s);
  assert_int_equal(n, s.count);
  return n;
}

static void wait_below(int root, unsigned wanted)
{
  for (int i = 0; i < 1000 && count_below(root) != wanted; i++)
    traces_sleep_ms(5);
  assert_int_equal(count_below(root), wanted);
}

static void reap_all(void)
{
  while (waitpid(-1, NULL, 0) > 0)
    ;
}

_Noreturn static void sleep_for_ever(void)
{
  for (;;)
    pause();
}

/* One child, its child in a session of its own, and an orphan of that one: three.  The
 * orphan tells when it is one: before, there are four for a moment. */
static pid_t plant(void)
{
  int ready[2];
  char byte;
  assert_int_equal(pipe(ready), 0);
  pid_t test = getpid(), pid = fork();
  if (pid != 0) {
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
  }
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      if (fork() != 0)
        _exit(0);
      while (getppid() != test)
        traces_sleep_ms(1);
      (void)!write(ready[1], "x", 1);
    }
  }
  sleep_for_ever();
}

static void test_descendants__are_all_below_whatever_session_or_parent(void **state)
{
  (void)state;
  pid_t pid = plant();
  assert_int_equal(count_below(getpid()), 3);
  assert_int_equal(descendants_kill(getpid()), 3);
  reap_all();
  assert_int_equal(count_below(getpid()), 0);
  assert_int_equal(count_below(pid), 0);
}

static void test_descendants__a_subtree_does_not_hold_its_root_or_neighbours(void **state)
{
  (void)state;
  pid_t neighbour = fork();
  if (neighbour == 0)
    sleep_for_ever();
  pid_t root = fork();
  if (root == 0) {
    if (fork() == 0)
      sleep_for_ever();
    sleep_for_ever();
  }
  wait_below(root, 1);
  assert_int_equal(descendants_kill(root), 1);
  assert_int_equal(kill(root, 0), 0);
  assert_int_equal(kill(neighbour, 0), 0);
  wait_below(getpid(), 2); /* what was killed waits for its parent, as a zombie */
  assert_int_equal(descendants_kill(getpid()), 2);
  reap_all();
}

static void test_descendants__zombies_do_not_count(void **state)
{
  (void)state;
  pid_t pid = fork();
  if (pid == 0)
    _exit(0);
  siginfo_t info;
  assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
  assert_int_equal(count_below(getpid()), 0);
  assert_int_equal(descendants_kill(getpid()), 0);
  reap_all();
}

static void test_descendants__a_name_may_hold_anything(void **state)
{
  (void)state;
  int ready[2];
  char byte;
  assert_int_equal(pipe(ready), 0);
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_NAME, "a) Z 1 (b\n");
    (void)!write(ready[1], "x", 1);
    sleep_for_ever();
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  struct seen_ids s = {0};
  assert_int_equal(descendants_each(getpid(), note, &s), 1);
  assert_int_equal(s.pids[0], pid);
  assert_non_null(strstr(s.names[0], "a) Z 1 (b"));
  assert_int_equal(descendants_kill(getpid()), 1);
  reap_all();
  close(ready[0]);
  close(ready[1]);
}

/* A process that has a child more each few milliseconds, each in its own session. */
_Noreturn static void multiply(void)
{
  for (int i = 0; i < 2000; i++) {
    if (fork() == 0) {
      setsid();
      sleep_for_ever();
    }
    traces_sleep_ms(2);
  }
  sleep_for_ever();
}

static void test_descendants__who_multiplies_is_stopped_before_it_is_killed(void **state)
{
  (void)state;
  pid_t pid = fork();
  if (pid == 0)
    multiply();
  for (int i = 0; i < 1000 && count_below(getpid()) < 8; i++)
    traces_sleep_ms(2);
  assert_true(descendants_kill(getpid()) >= 8);
  reap_all();
  assert_int_equal(count_below(getpid()), 0);
}

static void test_descendants__stopped_ones_die_too(void **state)
{
  (void)state;
  pid_t pid = fork();
  if (pid == 0) {
    raise(SIGSTOP);
    sleep_for_ever();
  }
  int status;
  assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
  assert_int_equal(descendants_kill(getpid()), 1);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status));
}

static void test_descendants__who_is_spared_is_spared_with_all_below(void **state)
{
  (void)state;
  pid_t old = plant(); /* three, one of them beside it */
  traces_sleep_ms(30); /* the start of a process is known to 10 ms */
  pid_t named = fork();
  if (named == 0) {
    if (fork() == 0)
      sleep_for_ever();
    sleep_for_ever();
  }
  pid_t victim = fork();
  if (victim == 0)
    sleep_for_ever();
  wait_below(getpid(), 6);
  assert_true(descendants_started(old) < descendants_started(victim));
  struct descendants_but but = {&named, 1, descendants_started(victim), 0};
  assert_int_equal(descendants_kill_but(getpid(), &but), 1);
  assert_int_equal(waitpid(victim, NULL, 0), victim);
  assert_int_equal(count_below(getpid()), 5);
  assert_int_equal(descendants_started(0), 0);
  assert_int_equal(descendants_kill(getpid()), 5);
  reap_all();
}

/* As where /proc hides them: 1: wrong, 9: it cannot be played here. */
static int look_without_proc(void)
{
  struct seen_ids s = {0};
  pid_t other = fork();
  if (other == 0)
    sleep_for_ever();
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    if (fork() == 0)
      sleep_for_ever();
    sleep_for_ever();
  }
  traces_sleep_ms(30);
  if (chroot("/sys") < 0 && (unshare(CLONE_NEWUSER) < 0 || chroot("/sys") < 0)) {
    kill(pid, SIGKILL); /* its child goes on to our parent */
    kill(other, SIGKILL);
    return 9;
  }
  if (descendants_each(getpid(), note, &s) != 2 || s.pids[0] + s.pids[1] != other + pid)
    return 1;
  struct descendants_but but = {&other, 1, 0, other};
  unsigned killed = 0;
  for (int round = 0; round < 50;
       round++) { /* the lower one comes to us when its parent is dead */
    killed += descendants_kill_but(getpid(), &but);
    traces_sleep_ms(2);
    while (waitpid(-1, NULL, WNOHANG) > 0)
      ;
  }
  bool spared = kill(other, 0) == 0;
  kill(other, SIGKILL);
  return killed < 2 ? 2 : spared ? 0 : 3; /* who is dying may be met twice */
}

static void test_descendants__without_proc_children_are_found_by_number(void **state)
{
  (void)state;
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    _exit(look_without_proc());
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) != 9) /* tests/run.sh says so and counts it */
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
  prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans of the tests are ours */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_descendants__are_all_below_whatever_session_or_parent),
      cmocka_unit_test(test_descendants__a_subtree_does_not_hold_its_root_or_neighbours),
      cmocka_unit_test(test_descendants__zombies_do_not_count),
      cmocka_unit_test(test_descendants__a_name_may_hold_anything),
      cmocka_unit_test(test_descendants__who_multiplies_is_stopped_before_it_is_killed),
      cmocka_unit_test(test_descendants__stopped_ones_die_too),
      cmocka_unit_test(test_descendants__who_is_spared_is_spared_with_all_below),
      cmocka_unit_test(test_descendants__without_proc_children_are_found_by_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
