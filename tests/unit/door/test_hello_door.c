/* SPDX-License-Identifier: MIT */
#include "door/doors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_hello_door__is_a_command(void **state)
{
  (void)state;
  int found = 0;
  for (const struct door *const *d = doors; *d; d++)
    found += strcmp((*d)->name, "hello") == 0;
  assert_int_equal(found, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_hello_door__is_a_command)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
