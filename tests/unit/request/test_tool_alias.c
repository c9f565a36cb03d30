/* SPDX-License-Identifier: MIT */
#include "request/tool_alias.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *alias(const char *name, enum tool_alias_form form, unsigned attempt)
{
  static char out[TOOL_ALIAS_BYTES + 1];
  tool_alias_write(span_of(name), form, attempt, out);
  return out;
}

#define LONG48 "a234567890b234567890c234567890d234567890e2345678"

static void test_tool_alias__a_name_that_is_fine_stays(void **state)
{
  (void)state;
  static const char *const names[] = {"a", "get_Time-2", "two__under", "_", LONG48};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    assert_true(tool_alias_is_fine(span_of(names[i]), ALIAS_USUAL));
    assert_string_equal(alias(names[i], ALIAS_USUAL, 0), names[i]);
  }
  static const char *const others[] = {"", "a.b", "a b", "\xc3\xbc", LONG48 "9"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_false(tool_alias_is_fine(span_of(others[i]), ALIAS_USUAL));
}

static void test_tool_alias__other_characters_become_one_underscore_each(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"db.users/list", "db_users_list_"},
      {"has space", "has_space_"},
      {"\xc3\xbcn\xc3\xaf", "_n__"},
      {"", "_"},
      {"w\xe4\xb8\x96\xf0\x9f\x98\x80", "w___"},
      {LONG48 "9", "a234567890b234567890c234567890d234567890e23_"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *got = alias(rows[i][0], ALIAS_USUAL, 0);
    size_t front = strlen(rows[i][1]);
    assert_memory_equal(got, rows[i][1], front);
    assert_int_equal(strlen(got), front + 4);
    assert_int_equal(strspn(got + front, "0123456789abcdef"), 4);
    assert_true(tool_alias_is_fine(span_of(got), ALIAS_USUAL));
  }
}

/* Sessions are resumed: the model has seen the name before. */
static void test_tool_alias__is_the_same_in_every_run(void **state)
{
  (void)state;
  assert_string_equal(alias("db.users/list", ALIAS_USUAL, 0), "db_users_list_5ebd");
  assert_string_equal(alias("a.b", ALIAS_USUAL, 0), "a_b_32ca");
}

static void test_tool_alias__names_that_look_alike_have_aliases_of_their_own(void **state)
{
  (void)state;
  char dot[TOOL_ALIAS_BYTES + 1];
  tool_alias_write(span_of("a.b"), ALIAS_USUAL, 0, dot);
  assert_string_not_equal(alias("a/b", ALIAS_USUAL, 0), dot);
  assert_string_not_equal(alias("a.b", ALIAS_USUAL, 1), dot);
  tool_alias_write(span_of("a.b"), ALIAS_USUAL, 1, dot);
  assert_string_not_equal(alias("a.b", ALIAS_USUAL, 2), dot);
}

static void test_tool_alias__the_single_form_has_no_two_underscores_in_a_row(void **state)
{
  (void)state;
  static const char *const names[] = {"two__under", "_a",  "a_", "\xc3\xbcn\xc3\xaf",
                                      "",           "...", "__", LONG48 ".."};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *got = alias(names[i], ALIAS_SINGLE, 0);
    assert_true(tool_alias_is_fine(span_of(got), ALIAS_SINGLE));
    assert_string_not_equal(got, names[i]);
  }
  assert_string_equal(alias("a_b", ALIAS_SINGLE, 0), "a_b");
  assert_memory_equal(alias("two__under", ALIAS_SINGLE, 0), "two_under_", 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tool_alias__a_name_that_is_fine_stays),
      cmocka_unit_test(test_tool_alias__other_characters_become_one_underscore_each),
      cmocka_unit_test(test_tool_alias__is_the_same_in_every_run),
      cmocka_unit_test(test_tool_alias__names_that_look_alike_have_aliases_of_their_own),
      cmocka_unit_test(test_tool_alias__the_single_form_has_no_two_underscores_in_a_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
