/* SPDX-License-Identifier: MIT */
#include "base/strv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_strv__is_null_ended_at_every_size(void **state)
{
  (void)state;
  struct strv v = {0};
  for (int i = 0; i < 50; i++) {
    strv_addf(&v, "arg%d", i);
    assert_int_equal(v.count, i + 1);
    assert_null(v.at[v.count]);
  }
  strv_add(&v, (struct span){"abcdef", 3});
  assert_string_equal(v.at[50], "abc");
  assert_string_equal(v.at[49], "arg49");
  strv_free(&v);
  assert_null(v.at);
  strv_free(&v);
}

static void test_strv__environment_entries_are_replaced_by_name(void **state)
{
  (void)state;
  struct strv v = {0};
  strv_add(&v, span_of("PATH=/bin"));
  strv_add(&v, span_of("PATHX=1"));
  strv_set_env(&v, "PATH", span_of("/usr/bin"));
  strv_set_env(&v, "NEW", (struct span){NULL, 0});
  assert_int_equal(v.count, 3);
  assert_string_equal(strv_env(&v, "PATH"), "/usr/bin");
  assert_string_equal(strv_env(&v, "PATHX"), "1");
  assert_string_equal(strv_env(&v, "NEW"), "");
  assert_null(strv_env(&v, "PAT"));
  assert_null(strv_env(&v, "path"));
  strv_free(&v);
}

static void test_strv__is_sorted_by_bytes(void **state)
{
  (void)state;
  struct strv v = {0};
  strv_sort(&v); /* nothing is fine */
  const char *const words[] = {"b", "a/b", "a", "B", "a-b"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    strv_add(&v, span_of(words[i]));
  strv_sort(&v);
  const char *const wanted[] = {"B", "a", "a-b", "a/b", "b"};
  for (size_t i = 0; i < v.count; i++)
    assert_string_equal(v.at[i], wanted[i]);
  strv_free(&v);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_strv__is_null_ended_at_every_size),
      cmocka_unit_test(test_strv__environment_entries_are_replaced_by_name),
      cmocka_unit_test(test_strv__is_sorted_by_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
