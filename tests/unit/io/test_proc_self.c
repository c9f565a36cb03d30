/* SPDX-License-Identifier: MIT */
#include "io/proc_self.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_proc_self__the_usual_table_is_ours(void **state)
{
  (void)state;
  assert_int_equal(proc_self_look_up(), PROC_OURS);
}

/* What a child finds, by its exit status; 9: it may not play that here. */
static int found_by(int (*child)(void))
{
  int status;
  pid_t pid = fork();
  if (pid == 0)
    _exit(child());
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int in_another_namespace(void)
{
  int status;
  if (unshare((geteuid() ? CLONE_NEWUSER : 0) | CLONE_NEWPID) < 0)
    return 9;
  pid_t pid = fork(); /* the first of the namespace */
  if (pid == 0)
    _exit((int)proc_self_look_up());
  return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 8;
}

static int in_an_empty_root(void)
{
  if (chroot("/sys") < 0 && (unshare(CLONE_NEWUSER) < 0 || chroot("/sys") < 0))
    return 9;
  return (int)proc_self_look_up();
}

static void test_proc_self__another_namespace_s_table_is_foreign(void **state)
{
  (void)state;
  int found = found_by(in_another_namespace);
  if (found == 9)
    return; /* tests/run.sh says so and counts it */
  assert_int_equal(found, PROC_FOREIGN);
}

static void test_proc_self__an_empty_root_has_none(void **state)
{
  (void)state;
  int found = found_by(in_an_empty_root);
  if (found == 9)
    return;
  assert_int_equal(found, PROC_NONE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_proc_self__the_usual_table_is_ours),
      cmocka_unit_test(test_proc_self__another_namespace_s_table_is_foreign),
      cmocka_unit_test(test_proc_self__an_empty_root_has_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
