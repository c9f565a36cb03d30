/* SPDX-License-Identifier: MIT */
#include "bridge/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_sessions__each_is_found_by_its_own_id_and_by_no_other(void **state)
{
  (void)state;
  struct sessions s = {0};
  int first = sessions_mint(&s), second = sessions_mint(&s);
  assert_int_not_equal(first, second);
  assert_int_equal(sessions_id(&s, first).len, 32);
  assert_false(span_equal(sessions_id(&s, first), sessions_id(&s, second)));
  assert_int_equal(sessions_index(&s, sessions_id(&s, second)), second);
  assert_int_equal(sessions_index(&s, SPAN_LITERAL("")), SESSION_NONE);
  assert_int_equal(sessions_index(&s, (struct span){sessions_id(&s, first).at, 31}),
                   SESSION_NONE);
  assert_int_equal(sessions_id(&s, SESSION_NONE).len, 0);
}

static void test_sessions__one_too_many_goes_without(void **state)
{
  (void)state;
  struct sessions s = {0};
  for (int i = 0; i < LIMIT_BRIDGE_SESSIONS; i++)
    assert_int_equal(sessions_mint(&s), i);
  assert_int_equal(sessions_mint(&s), SESSION_NONE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sessions__each_is_found_by_its_own_id_and_by_no_other),
      cmocka_unit_test(test_sessions__one_too_many_goes_without),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
