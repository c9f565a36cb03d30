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

static void test_seen_ids__counts_each_id_apart(void **state)
{
  struct seen_ids s = {0};
  (void)state;
  assert_false(seen_ids_has(&s, SPAN_LITERAL("a")));
  assert_int_equal(seen_ids_add(&s, SPAN_LITERAL("a")), 0);
  assert_int_equal(seen_ids_add(&s, SPAN_LITERAL("a")), 1);
  assert_int_equal(seen_ids_add(&s, SPAN_LITERAL("b")), 0);
  assert_int_equal(seen_ids_add(&s, SPAN_LITERAL("a")), 2);
  assert_int_equal(seen_ids_add(&s, (struct span){0}), 0);
  assert_true(seen_ids_has(&s, SPAN_LITERAL("b")));
  assert_false(seen_ids_has(&s, SPAN_LITERAL("ab")));
  seen_ids_free(&s);
  assert_false(seen_ids_has(&s, SPAN_LITERAL("b")));
}

static struct span numbered(char *capacity, size_t size, unsigned n)
{
  return (struct span){capacity, (size_t)snprintf(capacity, size, "id-%u", n)};
}

static void
test_seen_ids__keeps_all_while_it_grows_and_takes_no_more_when_full(void **state)
{
  struct seen_ids s = {0};
  char capacity[32];
  unsigned most = (unsigned)LIMIT_SEEN_IDS;
  (void)state;
  for (unsigned i = 0; i < most; i++)
    assert_int_equal(seen_ids_add(&s, numbered(capacity, sizeof capacity, i)), 0);
  assert_int_equal(seen_ids_add(&s, numbered(capacity, sizeof capacity, most)),
                   SEEN_IDS_FULL);
  assert_false(seen_ids_has(&s, numbered(capacity, sizeof capacity, most)));
  for (unsigned i = 0; i < most; i += 997)
    assert_int_equal(seen_ids_add(&s, numbered(capacity, sizeof capacity, i)), 1);
  assert_true(s.capacity <= 2 * LIMIT_SEEN_IDS);
  seen_ids_free(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_seen_ids__counts_each_id_apart),
      cmocka_unit_test(
          test_seen_ids__keeps_all_while_it_grows_and_takes_no_more_when_full),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
