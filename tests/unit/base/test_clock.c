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

static void test_clock__spells_a_time_as_javascript_does(void **state)
{
  (void)state;
  struct buf text = buf_make(64);
  clock_put(1790000000007, &text);
  assert_string_equal(buf_cstring(&text), "2026-09-21T14:13:20.007Z");
  buf_free(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_clock__spells_a_time_as_javascript_does),
      cmocka_unit_test(test_clock__can_be_frozen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
