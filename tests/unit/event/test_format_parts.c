/* SPDX-License-Identifier: MIT */
#include "event/formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_format_parts__is_found(void **state)
{
  (void)state;
  assert_non_null(formats_find(SPAN_LITERAL("parts")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_format_parts__is_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
