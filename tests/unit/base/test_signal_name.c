/* SPDX-License-Identifier: MIT */
#include "base/signal_name.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_signal_name__names_the_signals_that_end_processes(void **state)
{
  (void)state;
  assert_string_equal(signal_name(SIGTERM), "SIGTERM");
  assert_string_equal(signal_name(SIGXFSZ), "SIGXFSZ");
  assert_null(signal_name(40));
  assert_null(signal_name(0));
  assert_null(signal_name(-1));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_signal_name__names_the_signals_that_end_processes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
