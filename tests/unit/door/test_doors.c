/* SPDX-License-Identifier: MIT */
#include "door/doors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_doors__each_says_what_help_needs_and_has_a_name_of_its_own(void **state)
{
  size_t count = 0;
  (void)state;
  for (const struct door *const *d = doors; *d; d++, count++) {
    assert_true((*d)->name[0] && (*d)->arguments[0] && (*d)->summary[0]);
    assert_true(((*d)->options & OPTIONS_LOG) != 0);
    assert_non_null((*d)->open);
    assert_false((*d)->takes_file && (*d)->takes_companion);
    for (const struct door *const *other = doors; *other != *d; other++)
      assert_string_not_equal((*other)->name, (*d)->name);
  }
  assert_true(count > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_doors__each_says_what_help_needs_and_has_a_name_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
