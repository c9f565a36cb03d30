/* SPDX-License-Identifier: MIT */
#include "io/self_usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void burn(double seconds)
{
  clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
  while (clock() < end) {
  }
}

static void test_self_usage__tells_its_own_use_from_its_childrens(void **state)
{
  (void)state;
  struct self_usage before = self_usage();
  assert_true(before.rss_bytes > 100000);
  burn(0.05);
  struct self_usage own = self_usage();
  assert_true(own.cpu_s - before.cpu_s > 0.04);
  assert_true(own.children_cpu_s - before.children_cpu_s < 0.01);
  int pid = fork();
  if (pid == 0) {
    burn(0.05);
    _exit(0);
  }
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  assert_true(self_usage().children_cpu_s - own.children_cpu_s > 0.04);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_self_usage__tells_its_own_use_from_its_childrens),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
