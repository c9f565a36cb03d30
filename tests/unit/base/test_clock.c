/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_clock__can_be_frozen(void **state)
{
  (void)state;
  assert_true(clock_now_ms() > 1600000000000ll);
  clock_freeze(0);
  assert_int_equal(clock_now_ms(), 0);
  clock_freeze(-1);
  assert_true(clock_now_ms() > 1600000000000ll);
  unsigned long long a = clock_ticks_ms(), b = clock_ticks_ms();
  assert_true(b >= a);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_clock__can_be_frozen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
