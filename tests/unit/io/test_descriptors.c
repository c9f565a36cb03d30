/* SPDX-License-Identifier: MIT */
#include "io/descriptors.h"

#include "base/limits.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static void set_limit(unsigned most)
{
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = most;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void test_descriptors__the_last_of_them_are_spare(void **state)
{
  (void)state;
  set_limit(1000);
  assert_false(descriptors_is_spare(-1));
  assert_false(descriptors_is_spare(1000 - LIMIT_SPARE_FDS - 1));
  assert_true(descriptors_is_spare(1000 - LIMIT_SPARE_FDS));
  set_limit(100); /* a quarter, where there are few */
  assert_false(descriptors_is_spare(74));
  assert_true(descriptors_is_spare(75));
}

static void test_descriptors__are_short_when_only_the_spare_ones_are_left(void **state)
{
  (void)state;
  set_limit(64);
  assert_false(descriptors_are_short());
  int opened[64], count = 0, fd;
  while ((fd = open("/", O_PATH | O_CLOEXEC)) >= 0 && fd < 47)
    opened[count++] = fd;
  opened[count++] = fd;
  assert_int_equal(fd, 47);
  assert_true(descriptors_are_short());
  while (count > 0)
    close(opened[--count]);
  assert_false(descriptors_are_short());
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_descriptors__the_last_of_them_are_spare),
      cmocka_unit_test(test_descriptors__are_short_when_only_the_spare_ones_are_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
