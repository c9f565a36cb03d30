/* SPDX-License-Identifier: MIT */
#include "door/option_table.h"

#include "base/limits.h"
#include "door/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t size_of_kind(const struct option *o)
{
  switch (o->kind) {
  case OPTION_TEXT:
    return sizeof(const char *);
  case OPTION_YES:
    return sizeof(bool);
  case OPTION_USD:
    return sizeof(unsigned long long);
  case OPTION_NUMBER:
    break;
  }
  return o->highest > UINT32_MAX ? 8 : o->size;
}

static void test_option_table__each_row_fits_the_setting_that_it_writes(void **state)
{
  (void)state;
  for (size_t i = 0; i < option_count; i++) {
    const struct option *o = &option_table[i];
    if (o->size != size_of_kind(o) || o->at + o->size > sizeof(struct options))
      fail_msg("--%s does not fit", o->name);
    if (o->kind == OPTION_NUMBER) {
      assert_true(o->size == 4 || o->size == 8);
      assert_in_range(o->number, o->lowest, o->highest);
    }
    assert_true(o->groups != 0 && o->help[0]);
    assert_true((o->kind == OPTION_YES) == (o->value == NULL));
  }
}

static void
test_option_table__no_two_rows_have_a_name_or_a_setting_in_common(void **state)
{
  (void)state;
  for (size_t i = 0; i < option_count; i++)
    for (size_t j = 0; j < i; j++) {
      assert_string_not_equal(option_table[i].name, option_table[j].name);
      assert_int_not_equal(option_table[i].at, option_table[j].at);
    }
}

static void test_option_variable__is_the_name_in_capitals(void **state)
{
  struct buf name = buf_make(KIB);
  struct option o = {.name = "tool-timeout-ms"};
  (void)state;
  option_variable(&o, &name);
  assert_string_equal(buf_cstring(&name), "RUNLET_TOOL_TIMEOUT_MS");
  buf_free(&name);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_option_table__each_row_fits_the_setting_that_it_writes),
      cmocka_unit_test(test_option_table__no_two_rows_have_a_name_or_a_setting_in_common),
      cmocka_unit_test(test_option_variable__is_the_name_in_capitals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
