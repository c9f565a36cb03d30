/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "event/seen_ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_seen__counts_each_id_apart(void **state)
{
  struct seen s = {0};
  (void)state;
  assert_false(seen_has(&s, SPAN_LITERAL("a")));
  assert_int_equal(seen_add(&s, SPAN_LITERAL("a")), 0);
  assert_int_equal(seen_add(&s, SPAN_LITERAL("a")), 1);
  assert_int_equal(seen_add(&s, SPAN_LITERAL("b")), 0);
  assert_int_equal(seen_add(&s, SPAN_LITERAL("a")), 2);
  assert_int_equal(seen_add(&s, (struct span){0}), 0);
  assert_true(seen_has(&s, SPAN_LITERAL("b")));
  assert_false(seen_has(&s, SPAN_LITERAL("ab")));
  seen_free(&s);
  assert_false(seen_has(&s, SPAN_LITERAL("b")));
}

static struct span numbered(char *room, size_t size, unsigned n)
{
  return (struct span){room, (size_t)snprintf(room, size, "id-%u", n)};
}

static void test_seen__keeps_all_while_it_grows_and_takes_no_more_when_full(void **state)
{
  struct seen s = {0};
  char room[32];
  unsigned most = (unsigned)LIMIT_SEEN_IDS;
  (void)state;
  for (unsigned i = 0; i < most; i++)
    assert_int_equal(seen_add(&s, numbered(room, sizeof room, i)), 0);
  assert_int_equal(seen_add(&s, numbered(room, sizeof room, most)), SEEN_FULL);
  assert_false(seen_has(&s, numbered(room, sizeof room, most)));
  for (unsigned i = 0; i < most; i += 997)
    assert_int_equal(seen_add(&s, numbered(room, sizeof room, i)), 1);
  assert_true(s.room <= 2 * LIMIT_SEEN_IDS);
  seen_free(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_seen__counts_each_id_apart),
      cmocka_unit_test(test_seen__keeps_all_while_it_grows_and_takes_no_more_when_full),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
