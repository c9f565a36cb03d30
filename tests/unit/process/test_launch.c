/* SPDX-License-Identifier: MIT */
/* What an agent is right after its exec; test_keeper.c has the rest of its life. */
#include "process/launch.h"

#include "scratch.h"
#include "traces.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct agent_user nobody = {.uid = 65534, .gid = 65534};

static struct launch shell(char **argv, const char *script)
{
  argv[0] = (char *)"/bin/sh";
  argv[1] = (char *)"sh";
  argv[2] = (char *)"-c";
  argv[3] = (char *)script;
  argv[4] = NULL;
  return (struct launch){.cwd = "/", .argv = argv, .oom_score = "", .cgroup = -1};
}

static int status_of(const struct launch *l)
{
  struct launch_error e;
  int status, pid = launch(l, &e);
  assert_true(pid > 0);
  assert_int_equal(e.os, 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  traces_expect_no_child();
  return WEXITSTATUS(status);
}

static void test_launch__says_which_step_failed_and_leaves_nothing(void **state)
{
  (void)state;
  char *argv[5];
  struct launch l = shell(argv, "exit 0");
  struct launch_error e;
  l.cwd = "/no/such/folder";
  assert_int_equal(launch(&l, &e), -1);
  assert_int_equal(e.step, LAUNCH_CHDIR);
  assert_int_equal(e.os, ENOENT);
  l.cwd = "/";
  argv[0] = (char *)"/etc/passwd";
  assert_int_equal(launch(&l, &e), -1);
  assert_int_equal(e.step, LAUNCH_EXEC);
  assert_int_equal(e.os, EACCES);
  traces_expect_no_child();
}

static void test_launch__as_another_user_it_has_nothing_of_ours(void **state)
{
  (void)state;
  assert_int_equal(geteuid(), 0); /* this test must be run as root */
  char *argv[5];
  struct launch l =
      shell(argv, "test $(id -u) = 65534 && test $(id -g) = 65534 && "
                  "test \"$(id -G)\" = 65534 && "
                  "grep -q '^NoNewPrivs:.*1' /proc/self/status && "
                  "grep -q '^CapEff:.*0000000000000000' /proc/self/status && "
                  "! kill -0 $PPID 2>/dev/null && "
                  "! cat /proc/$PPID/environ 2>/dev/null");
  l.agent_user = &nobody;
  assert_int_equal(status_of(&l), 0);
  assert_int_equal(geteuid(), 0); /* and we are who we were */
  assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

static void test_launch__who_may_gain_privileges_may(void **state)
{
  (void)state;
  char *argv[5];
  struct agent_user id = nobody;
  struct launch l = shell(argv, "grep -q '^NoNewPrivs:.*0' /proc/self/status");
  id.may_gain = true;
  l.agent_user = &id;
  assert_int_equal(status_of(&l), 0);
}

/* A keeper of our own that starts an agent and is killed. */
static void expect_death_with_keeper(const struct agent_user *agent_user)
{
  int pair[2];
  char byte;
  assert_int_equal(pipe(pair), 0);
  pid_t keeper = fork();
  if (keeper == 0) {
    char *argv[5];
    struct launch l = shell(argv, "echo; exec sleep 60");
    struct launch_error e;
    l.agent_user = agent_user;
    dup2(pair[1], 1);
    launch(&l, &e);
    for (;;)
      pause();
  }
  close(pair[1]);
  assert_int_equal(read(pair[0], &byte, 1), 1); /* it lives */
  kill(keeper, SIGKILL);
  assert_int_equal(waitpid(keeper, NULL, 0), keeper);
  assert_int_equal(read(pair[0], &byte, 1), 0); /* and nobody holds the pipe any more */
  close(pair[0]);
}

static void test_launch__dies_with_its_keeper_also_as_another_user(void **state)
{
  (void)state;
  expect_death_with_keeper(NULL);
  expect_death_with_keeper(&nobody);
}

static void test_launch__has_the_oom_score_it_was_given(void **state)
{
  (void)state;
  char *argv[5];
  struct launch l = shell(argv, "test $(cat /proc/self/oom_score_adj) = 321");
  l.oom_score = "321"; /* higher than ours: always allowed */
  assert_int_equal(status_of(&l), 0);
  l.agent_user = &nobody;
  assert_int_equal(status_of(&l), 0);
}

static void test_launch__a_group_that_is_none_does_not_hold_it_up(void **state)
{
  (void)state;
  char *argv[5];
  struct scratch s = scratch_make();
  struct launch l = shell(argv, "exit 7");
  l.cgroup = open(s.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(status_of(&l), 7);
  close(l.cgroup);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_launch__says_which_step_failed_and_leaves_nothing),
      cmocka_unit_test(test_launch__as_another_user_it_has_nothing_of_ours),
      cmocka_unit_test(test_launch__who_may_gain_privileges_may),
      cmocka_unit_test(test_launch__dies_with_its_keeper_also_as_another_user),
      cmocka_unit_test(test_launch__has_the_oom_score_it_was_given),
      cmocka_unit_test(test_launch__a_group_that_is_none_does_not_hold_it_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
