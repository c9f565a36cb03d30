/* SPDX-License-Identifier: MIT */
#include "base/budget.h"

#include "base/buf.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void count(void *who)
{
  ++*(unsigned *)who;
}

static void add(struct buf *b, size_t n)
{
  char *at = buf_reserve(b, n);
  if (!at)
    return;
  memset(at, 'x', n);
  buf_grew(b, n);
}

static void test_budget__is_charged_by_what_buffers_hold(void **state)
{
  (void)state;
  unsigned overs = 0;
  struct budget *budget = budget_new(MIB, count, &overs);
  struct buf a = buf_make(MIB), b = buf_make(MIB);
  buf_charge(&a, budget);
  assert_int_equal(budget_used(budget), 0);
  add(&a, 1000);
  assert_int_equal(budget_used(budget), a.capacity);
  add(&b, 5000);
  buf_charge(&b, budget); /* with what it has already */
  assert_int_equal(budget_used(budget), a.capacity + b.capacity);
  struct buf taken = buf_take(&a);
  add(&a, 10); /* what is left is charged as before */
  assert_int_equal(budget_used(budget), a.capacity + b.capacity + taken.capacity);
  buf_charge(&taken, NULL);
  assert_int_equal(budget_used(budget), a.capacity + b.capacity);
  buf_free(&taken);
  buf_wipe(&a);
  buf_free(&b);
  assert_int_equal(budget_used(budget), 0);
  assert_int_equal(overs, 0);
  budget_release(budget);
}

static void test_budget__that_is_spent_gives_nothing_more_and_says_so_once(void **state)
{
  (void)state;
  unsigned overs = 0;
  struct budget *budget = budget_new(100 * KIB, count, &overs);
  struct buf many[8] = {0};
  for (unsigned i = 0; i < 8; i++) {
    many[i] = buf_make(MIB);
    buf_charge(&many[i], budget);
    add(&many[i], 30 * KIB);
    assert_int_equal(many[i].overflowed, i >= 3);
    assert_int_equal(many[i].len, i < 3 ? 30 * KIB : 0);
    assert_int_equal(overs, i >= 3);
  }
  assert_true(budget_is_over(budget));
  assert_true(budget_used(budget) <= 100 * KIB);
  buf_free(&many[0]);
  add(&many[7], 10); /* the run is at its end */
  assert_int_equal(many[7].len, 0);
  for (unsigned i = 0; i < 8; i++)
    buf_free(&many[i]);
  assert_int_equal(overs, 1);
  budget_release(budget);
}

/* Whoever is last: a leak or a use after free would show. */
static void test_budget__lives_as_long_as_what_is_charged_to_it(void **state)
{
  (void)state;
  unsigned overs = 0;
  struct budget *budget = budget_new(KIB, count, &overs);
  struct buf b = buf_make(MIB);
  buf_charge(&b, budget);
  add(&b, 100);
  budget_release(budget);
  add(&b, 10 * KIB);
  assert_true(b.overflowed);
  assert_int_equal(overs, 0);
  buf_free(&b);
  budget_release(NULL);
}

static void test_budget__that_was_entered_is_charged_by_what_is_kept(void **state)
{
  (void)state;
  struct budget *budget = budget_new(MIB, NULL, NULL);
  struct buf not = buf_make_kept(KIB);
  assert_null(budget_enter(budget));
  struct buf kept = buf_make_kept(KIB);
  assert_ptr_equal(budget_enter(NULL), budget);
  assert_null(budget_entered());
  add(&not, 100);
  add(&kept, 100);
  assert_int_equal(budget_used(budget), kept.capacity);
  buf_free(&not );
  buf_free(&kept);
  budget_release(budget);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_budget__is_charged_by_what_buffers_hold),
      cmocka_unit_test(test_budget__that_is_spent_gives_nothing_more_and_says_so_once),
      cmocka_unit_test(test_budget__lives_as_long_as_what_is_charged_to_it),
      cmocka_unit_test(test_budget__that_was_entered_is_charged_by_what_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
