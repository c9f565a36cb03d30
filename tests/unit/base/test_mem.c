/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_mem__new_is_zeroed_and_never_null(void **state)
{
  (void)state;
  char *at = mem_new(1000);
  for (size_t i = 0; i < 1000; i++)
    assert_int_equal(at[i], 0);
  free(at);
  at = mem_new(0);
  assert_non_null(at);
  free(at);
}

static void test_mem__room_grows_by_doubling_and_keeps_what_is_there(void **state)
{
  (void)state;
  size_t capacity = 0, grown = 0;
  int *at = NULL;
  for (int i = 0; i < 1000; i++) {
    size_t before = capacity;
    at = mem_reserve(at, (size_t)i, &capacity, sizeof *at);
    grown += capacity != before;
    at[i] = i;
  }
  for (int i = 0; i < 1000; i++)
    assert_int_equal(at[i], i);
  assert_true(grown < 12);
  free(at);
}

static void test_mem__wipe_zeroes(void **state)
{
  (void)state;
  char secret[] = "secret";
  mem_wipe(secret, sizeof secret);
  for (size_t i = 0; i < sizeof secret; i++)
    assert_int_equal(secret[i], 0);
  mem_wipe(NULL, 0);
}

/* In a child, whose stderr is read: exhaustion is one line and SIGABRT. */
static void test_mem__exhaustion_aborts_with_one_line(void **state)
{
  (void)state;
  int err[2], status;
  char text[100] = {0};
  assert_int_equal(pipe(err), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    size_t capacity = SIZE_MAX / 2;
    (void)dup2(err[1], STDERR_FILENO);
    (void)signal(SIGABRT, SIG_DFL);                   /* cmocka has a handler */
    (void)mem_reserve(NULL, capacity, &capacity, 16); /* more than there are addresses */
    _exit(0);
  }
  (void)close(err[1]);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  assert_true(read(err[0], text, sizeof text - 1) > 0);
  assert_string_equal(text, "runlet: out of memory\n");
  (void)close(err[0]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mem__new_is_zeroed_and_never_null),
      cmocka_unit_test(test_mem__room_grows_by_doubling_and_keeps_what_is_there),
      cmocka_unit_test(test_mem__wipe_zeroes),
      cmocka_unit_test(test_mem__exhaustion_aborts_with_one_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
