/* SPDX-License-Identifier: MIT */
#include "door/session/session_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_session_order__a_file_has_twelve_digits(void **state)
{
  (void)state;
  static const char *const wrong[] = {"",
                                      "1.json",
                                      "000000000000.json",
                                      "00000000001.json",
                                      "0000000000001.json",
                                      "00000000000a.json",
                                      "000000000001.json.tmp",
                                      "000000000001.jsonx",
                                      "-00000000001.json",
                                      "000000000001"};
  char name[32];
  session_order_name(12, name);
  assert_string_equal(name, "000000000012.json");
  assert_int_equal(session_order_number(name), 12);
  assert_int_equal(session_order_number("999999999999.json"), 999999999999);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(session_order_number(wrong[i]), 0);
}

static void test_session_order__waits_so_many_times_for_one_that_is_missing(void **state)
{
  (void)state;
  struct session_order o = session_order_make(3);
  for (int i = 0; i < 10; i++)
    assert_false(session_order_missing(&o, 0)); /* nothing is there: no hurry */
  assert_false(session_order_missing(&o, 4));
  assert_false(session_order_missing(&o, 4));
  assert_int_equal(o.expected, 1);
  assert_true(session_order_missing(&o, 4));
  assert_int_equal(o.expected, 4);
  session_order_took(&o);
  assert_int_equal(o.expected, 5);
  assert_false(session_order_missing(&o, 6)); /* it is counted anew */
  assert_false(session_order_missing(&o, 6));
  session_order_took(&o);
  assert_false(session_order_missing(&o, 8));
}

static void test_session_order__drops_one_that_stays_unreadable(void **state)
{
  (void)state;
  struct session_order o = session_order_make(2);
  assert_false(session_order_unreadable(&o));
  assert_int_equal(o.expected, 1);
  assert_true(session_order_unreadable(&o));
  assert_int_equal(o.expected, 2);
  assert_false(session_order_unreadable(&o));
  session_order_took(&o);
  assert_false(session_order_unreadable(&o));
  o = session_order_make(1);
  assert_true(session_order_unreadable(&o));
  assert_true(session_order_missing(&o, 9));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_order__a_file_has_twelve_digits),
      cmocka_unit_test(test_session_order__waits_so_many_times_for_one_that_is_missing),
      cmocka_unit_test(test_session_order__drops_one_that_stays_unreadable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
