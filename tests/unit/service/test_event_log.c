/* SPDX-License-Identifier: MIT */
#include "service/event_log.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Line n is "<n> xxx…\n" of `size` bytes. */
static void add_lines(struct event_log *l, unsigned n, size_t size)
{
  char *line = malloc(size + 32);
  for (unsigned i = 0; i < n; i++) {
    size_t head = (size_t)sprintf(line, "%llu ", l->next);
    memset(line + head, 'x', size);
    line[size - 1] = '\n';
    event_log_add(l, (struct span){line, size});
  }
  free(line);
}

/* The number that stands at the front of line `seq`, by way of its block. */
static unsigned long long number_at(const struct event_log *l, unsigned long long seq)
{
  const struct event_log_block *b = event_log_find(l, seq);
  if (!b || b->away)
    return 0;
  struct span rest = event_log_skip(buf_span(&b->bytes), seq - b->seq);
  return strtoull(rest.at, NULL, 10);
}

static void test_event_log__numbers_from_one_and_finds_every_line(void **state)
{
  (void)state;
  struct event_log l = event_log_make(100 * (size_t)MIB);
  assert_int_equal(event_log_first(&l), 1);
  assert_int_equal(event_log_last(&l), 0);
  assert_null(event_log_find(&l, 1));
  assert_null(event_log_oldest(&l));
  add_lines(&l, 5000, 100);
  assert_int_equal(event_log_first(&l), 1);
  assert_int_equal(event_log_last(&l), 5000);
  assert_int_equal(l.end, 500000);
  assert_int_equal(l.memory, 500000);
  for (unsigned long long seq = 1; seq <= 5000; seq++)
    assert_int_equal(number_at(&l, seq), seq);
  assert_null(event_log_find(&l, 0));
  assert_null(event_log_find(&l, 5001));
  assert_null(event_log_excess(&l));
  event_log_free(&l);
}

static void test_event_log__says_what_is_above_its_ceiling_oldest_first(void **state)
{
  (void)state;
  struct event_log l = event_log_make(2 * LIMIT_LOG_BLOCK_BYTES);
  unsigned long long expected = 1, away = 0;
  for (int i = 0; i < 3000; i++) {
    add_lines(&l, 1, 200);
    for (const struct event_log_block *b; (b = event_log_excess(&l));) {
      assert_int_equal(b->seq, expected);
      assert_false(b->away);
      expected += b->lines;
      event_log_put_away(&l, away++);
    }
    assert_true(l.memory <= 2 * LIMIT_LOG_BLOCK_BYTES);
  }
  assert_true(away > 3);
  assert_int_equal(event_log_first(&l), 1); /* what is away is still kept */
  const struct event_log_block *b = event_log_find(&l, 1);
  assert_true(b->away);
  assert_int_equal(b->place, 0);
  assert_int_equal(event_log_find(&l, expected - 1)->place, away - 1);
  assert_int_equal(event_log_oldest_here(&l)->seq, expected);
  for (unsigned long long seq = expected; seq <= 3000; seq++)
    assert_int_equal(number_at(&l, seq), seq);
  event_log_free(&l);
}

static void test_event_log__drops_the_oldest_wherever_it_is(void **state)
{
  (void)state;
  struct event_log l = event_log_make(LIMIT_LOG_BLOCK_BYTES);
  add_lines(&l, 2000, 200);
  size_t blocks = l.count;
  event_log_put_away(&l, 7);
  event_log_drop(&l); /* the one that is away */
  assert_int_equal(l.count, blocks - 1);
  unsigned long long first = event_log_first(&l);
  assert_int_equal(first, LIMIT_LOG_BLOCK_BYTES / 200 + 1);
  assert_null(event_log_find(&l, first - 1));
  assert_int_equal(number_at(&l, first), first);
  event_log_drop(&l); /* one in memory */
  assert_true(event_log_first(&l) > first);
  while (l.count > 0)
    event_log_drop(&l);
  assert_int_equal(l.memory, 0);
  assert_int_equal(event_log_first(&l), 2001);
  add_lines(&l, 1, 200);
  assert_int_equal(number_at(&l, 2001), 2001);
  event_log_free(&l);
}

static void test_event_log__goes_on_after_all_was_put_away(void **state)
{
  (void)state;
  struct event_log l = event_log_make(MIB);
  add_lines(&l, 10, 200);
  event_log_put_away(&l, 0);
  assert_null(event_log_oldest_here(&l));
  add_lines(&l, 10, 200);
  assert_int_equal(l.count, 2);
  assert_int_equal(event_log_find(&l, 11)->seq, 11);
  assert_int_equal(number_at(&l, 20), 20);
  assert_int_equal(event_log_find(&l, 11)->start, 2000);
  event_log_free(&l);
}

static void test_event_log__gives_a_long_line_a_block_of_its_own(void **state)
{
  (void)state;
  struct event_log l = event_log_make(LIMIT_LOG_BLOCK_BYTES);
  add_lines(&l, 1, 100);
  add_lines(&l, 1, 3 * LIMIT_LOG_BLOCK_BYTES);
  add_lines(&l, 1, 100);
  assert_int_equal(l.count, 3);
  assert_int_equal(event_log_find(&l, 2)->lines, 1);
  assert_int_equal(event_log_find(&l, 2)->len, 3 * LIMIT_LOG_BLOCK_BYTES);
  assert_int_equal(number_at(&l, 3), 3);
  /* The newest block stays, whatever its size. */
  while (event_log_excess(&l))
    event_log_drop(&l);
  assert_int_equal(event_log_first(&l), 3);
  add_lines(&l, 1, 3 * LIMIT_LOG_BLOCK_BYTES);
  while (event_log_excess(&l))
    event_log_drop(&l);
  assert_int_equal(event_log_first(&l), 4);
  event_log_free(&l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_event_log__numbers_from_one_and_finds_every_line),
      cmocka_unit_test(test_event_log__says_what_is_above_its_ceiling_oldest_first),
      cmocka_unit_test(test_event_log__drops_the_oldest_wherever_it_is),
      cmocka_unit_test(test_event_log__goes_on_after_all_was_put_away),
      cmocka_unit_test(test_event_log__gives_a_long_line_a_block_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
