/* SPDX-License-Identifier: MIT */
/* The process under test is a child: a value once lowered stays with a process. */
#include "process/oom_score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int score(int pid)
{
  char path[64];
  int value = 9999;
  snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);
  FILE *f = fopen(path, "r");
  if (f && fscanf(f, "%d", &value) != 1)
    value = 9999;
  if (f)
    fclose(f);
  return value;
}

static int in_child(int (*body)(void))
{
  pid_t pid = fork();
  if (pid == 0)
    _exit(body());
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int lower_and_give_back(void)
{
  int before = score(getpid());
  char text[16];
  if (oom_score_usual()[0])
    return 1;
  oom_score_lower();
  oom_score_lower(); /* once is enough */
  snprintf(text, sizeof text, "%d", before);
  int lowest = before - 500 < -1000 ? -1000 : before - 500;
  if (!oom_score_usual()[0]) /* not allowed here: then nothing may have changed */
    return score(getpid()) == before ? 0 : 2;
  if (strcmp(oom_score_usual(), text) != 0 || score(getpid()) != lowest)
    return 3;
  pid_t other = fork();
  if (other == 0)
    for (;;)
      pause();
  oom_score_set(other, oom_score_usual());
  int theirs = score(other);
  kill(other, 9);
  waitpid(other, NULL, 0);
  if (theirs != before || score(getpid()) != lowest)
    return 4;
  oom_score_set(0, oom_score_usual());
  return score(getpid()) == before ? 0 : 5;
}

static void
test_oom_score__is_lower_than_what_we_start_where_that_is_allowed(void **state)
{
  (void)state;
  assert_int_equal(in_child(lower_and_give_back), 0);
}

static int of_nobody(void)
{
  int before = score(getpid());
  oom_score_set(0, "");
  oom_score_set(0, "nonsense");
  oom_score_set(2000000000, "0"); /* nobody has that pid */
  return score(getpid()) == before ? 0 : 1;
}

static void test_oom_score__what_cannot_be_set_stays(void **state)
{
  (void)state;
  assert_int_equal(in_child(of_nobody), 0);
}

/* Who is not root: raising is always allowed, lowering never. */
static int without_the_right(void)
{
  int before = score(getpid());
  if (setuid(65534) < 0)
    return 1;
  oom_score_lower();
  return oom_score_usual()[0] || score(getpid()) != before;
}

static void test_oom_score__without_the_right_nothing_happens(void **state)
{
  (void)state;
  assert_int_equal(geteuid(), 0); /* this test must be run as root */
  assert_int_equal(in_child(without_the_right), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_oom_score__is_lower_than_what_we_start_where_that_is_allowed),
      cmocka_unit_test(test_oom_score__what_cannot_be_set_stays),
      cmocka_unit_test(test_oom_score__without_the_right_nothing_happens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
