/* SPDX-License-Identifier: MIT */
#include "door/env_number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_env_number__a_text_is_found_by_its_whole_name(void **state)
{
  (void)state;
  char a[] = "AB=x", b[] = "A=y=z", c[] = "A=later", d[] = "E=";
  char *const env[] = {a, b, c, d, NULL};
  assert_string_equal(env_text(env, "A"), "y=z");
  assert_string_equal(env_text(env, "AB"), "x");
  assert_string_equal(env_text(env, "B"), "");
  assert_string_equal(env_text(env, "E"), "");
}

static void test_env_number__is_strict_and_names_its_variable(void **state)
{
  (void)state;
  static const char *const wrong[] = {
      "N=0",   "N=11",  "N=-1",  "N=5s",  "N= 5",
      "N=5.0", "N=1e1", "N=0x5", "N=NaN", "N=99999999999999999999"};
  struct fault f = {0};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct env_number n[] = {{"M", 1, 10, 3}, {"N", 1, 10, 4}};
    char entry[40];
    memcpy(entry, wrong[i], strlen(wrong[i]) + 1);
    char *const env[] = {entry, NULL};
    if (env_numbers_read(env, n, 2, &f) == 0)
      fail_msg("%s was taken", wrong[i]);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, "N must be a whole number from 1 to 10"));
  }
}

static void test_env_number__unset_and_empty_keep_the_default(void **state)
{
  (void)state;
  char a[] = "N=", b[] = "O=10";
  char *const env[] = {a, b, NULL};
  struct env_number n[] = {{"M", 1, 10, 3}, {"N", 1, 10, 4}, {"O", 1, 10, 5}};
  struct fault f = {0};
  assert_int_equal(env_numbers_read(env, n, 3, &f), 0);
  assert_int_equal(n[0].number, 3);
  assert_int_equal(n[1].number, 4);
  assert_int_equal(n[2].number, 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_env_number__a_text_is_found_by_its_whole_name),
      cmocka_unit_test(test_env_number__is_strict_and_names_its_variable),
      cmocka_unit_test(test_env_number__unset_and_empty_keep_the_default),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
