/* SPDX-License-Identifier: MIT */
#include "service/journal.h"

#include "base/limits.h"
#include "io/loop.h"
#include "loopback.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Lines are "<n> xxx…\n"; a reader checks that each comes once and in order. */
struct watcher {
  struct journal_reader reader;
  unsigned long long next; /* the line expected */
  unsigned long long missed;
  unsigned woken;
  bool ended;
};

static void on_more(void *who)
{
  ((struct watcher *)who)->woken++;
}

static void join(struct watcher *w, struct journal *j, unsigned long long after,
                 bool throttles)
{
  *w = (struct watcher){.next = after + 1};
  journal_join(j, &w->reader, after, throttles, on_more, w);
}

/* One piece; false: there is none now. */
static bool read_piece(struct watcher *w)
{
  struct journal_lines got;
  switch (journal_read(&w->reader, &got)) {
  case JOURNAL_LINES:
    assert_int_equal(got.from, w->next);
    for (unsigned long long n = got.from; n <= got.to; n++) {
      assert_int_equal(strtoull(got.bytes.at, NULL, 10), n);
      got.bytes = span_after(got.bytes, strcspn(got.bytes.at, "\n") + 1);
    }
    assert_int_equal(got.bytes.len, 0);
    w->next = got.to + 1;
    return true;
  case JOURNAL_GAP:
    assert_int_equal(got.from, w->next);
    w->missed += got.to - got.from + 1;
    w->next = got.to + 1;
    return true;
  case JOURNAL_WAIT:
    return false;
  case JOURNAL_END:
    w->ended = true;
    return false;
  }
  return false;
}

static void read_all(struct watcher *w)
{
  while (read_piece(w)) {
  }
}

struct fixture {
  struct scratch scratch;
  struct journal *journal;
  struct sink *sink;
  unsigned long long added;
  unsigned drained;
};

static void on_drain(void *who)
{
  ((struct fixture *)who)->drained++;
}

static void open_fixture(struct fixture *d, size_t memory, unsigned long long spill)
{
  *d = (struct fixture){.scratch = scratch_make()};
  struct journal_setup setup = {.run_id = SPAN_LITERAL("r"),
                                .folder = d->scratch.folder,
                                .memory_bytes = memory,
                                .spill_bytes = spill};
  d->journal = journal_new(&setup);
  d->sink = journal_sink(d->journal);
  d->sink->on_drain = on_drain;
  d->sink->listener = d;
}

static void close_fixture(struct fixture *d)
{
  journal_free(d->journal);
  assert_int_equal(scratch_count(&d->scratch, "."), 0);
  scratch_remove(&d->scratch);
}

static size_t add(struct fixture *d, unsigned lines, size_t size)
{
  char *line = malloc(size + 32);
  size_t backlog = 0;
  for (unsigned i = 0; i < lines; i++) {
    size_t head = (size_t)sprintf(line, "%llu ", ++d->added);
    memset(line + head, 'x', size - head);
    line[size - 1] = '\n';
    backlog = d->sink->put(d->sink, (struct span){line, size});
  }
  free(line);
  return backlog;
}

static void test_journal__replays_from_every_line_and_follows(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, 2 * LIMIT_LOG_BLOCK_BYTES,
               100 * (size_t)MIB); /* most is in the file */
  add(&d, 5000, 200);
  assert_true(journal_facts(d.journal).spill_bytes > 500000);
  static struct watcher w[40];
  for (unsigned i = 0; i < 5000; i += 37) { /* from there, while it runs */
    join(&w[0], d.journal, i, false);
    read_all(&w[0]);
    assert_int_equal(w[0].next, 5001);
    assert_int_equal(w[0].missed, 0);
    journal_leave(&w[0].reader);
  }
  for (unsigned i = 0; i < 40; i++)
    join(&w[i], d.journal, i * 125, false);
  for (unsigned round = 0; round < 50; round++) {
    add(&d, 100, 200);
    for (unsigned i = 0; i < 40; i += 1 + round % 3)
      (i % 5 ? read_piece(&w[i]) : (read_all(&w[i]), true));
  }
  d.sink->end(d.sink);
  assert_true(journal_is_over(d.journal));
  for (unsigned i = 0; i < 40; i++) {
    read_all(&w[i]);
    assert_true(w[i].ended);
    assert_int_equal(w[i].next, 10001);
    assert_int_equal(w[i].missed, 0);
  }
  assert_int_equal(journal_facts(d.journal).readers, 40);
  for (unsigned i = 0; i < 40; i++)
    journal_leave(&w[i].reader);
  close_fixture(&d);
}

/* Where it joined behind a line that is kept, and behind one that is still to come. */
static void keep_for(unsigned long long after)
{
  struct fixture d;
  struct watcher late;
  open_fixture(&d, 8 * LIMIT_LOG_BLOCK_BYTES, 0);
  add(&d, 1000, 200);
  join(&late, d.journal, after, true);
  if (after < 1000)
    assert_true(journal_facts(d.journal).backlog_bytes >= (1000 - after) * 200);
  add(&d, 7000, 200); /* twice what memory is to hold */
  read_all(&late);
  assert_int_equal(late.missed, 0);
  assert_int_equal(late.next, 8001);
  assert_true(d.drained > 0);
  journal_leave(&late.reader);
  close_fixture(&d);
}

static void test_journal__keeps_what_a_throttling_late_reader_has_before_it(void **state)
{
  (void)state;
  keep_for(500);
  keep_for(2000);
}

static void test_journal__of_several_posters_the_one_ahead_sets_the_pace(void **state)
{
  (void)state;
  struct fixture d;
  struct watcher ahead, stopped;
  open_fixture(&d, LIMIT_LOG_BLOCK_BYTES, 2 * LIMIT_LOG_BLOCK_BYTES);
  join(&stopped, d.journal, 0, true);
  join(&ahead, d.journal, 0, true);
  for (unsigned i = 0; i < 50; i++) {
    assert_true(add(&d, 100, 1000) <= LIMIT_SINK_HIGH_BYTES);
    read_all(&ahead);
  }
  assert_int_equal(ahead.missed, 0);
  assert_int_equal(ahead.next, 5001);
  read_all(&stopped); /* as the log has it */
  assert_true(stopped.missed > 4000);
  assert_int_equal(stopped.next, 5001);
  journal_leave(&ahead.reader);
  add(&d, 2000, 1000);
  read_all(&stopped); /* alone it sets the pace, and misses nothing more */
  assert_int_equal(stopped.next, 7001);
  assert_true(stopped.missed < 5000);
  assert_int_equal(d.drained, 1);
  journal_leave(&stopped.reader);
  d.sink->end(d.sink);
  close_fixture(&d);
}

static void
test_journal__a_lenient_one_waits_only_when_it_is_full_and_not_for_ever(void **state)
{
  (void)state;
  struct fixture d;
  struct fault f = {0};
  struct watcher poster;
  open_fixture(&d, MIB, 0);
  journal_free(d.journal);
  struct uv_loop_s *loop = loop_new(&f);
  struct journal_setup setup = {.run_id = SPAN_LITERAL("r"),
                                .folder = d.scratch.folder,
                                .memory_bytes = MIB,
                                .spill_bytes = 3 * (size_t)MIB,
                                .lenient = true,
                                .hold_ms = 50,
                                .loop = loop};
  d.journal = journal_new(&setup);
  d.sink = journal_sink(d.journal);
  d.sink->on_drain = on_drain;
  d.sink->listener = &d;
  join(&poster, d.journal, 0, true);
  assert_int_equal(add(&d, 2900, 1024), LIMIT_SINK_HIGH_BYTES); /* it may go on */
  assert_true(add(&d, 400, 1024) > LIMIT_SINK_HIGH_BYTES);
  assert_int_equal(journal_facts(d.journal).first, 1);
  loopback_run_ms(loop, 20);
  assert_int_equal(d.drained, 0);
  loopback_run_ms(loop, 100);
  assert_int_equal(d.drained, 1);
  assert_int_equal(add(&d, 3000, 1024), 0); /* nobody sets a pace any more */
  read_all(&poster);
  assert_true(poster.missed > 1000);
  assert_int_equal(poster.next, 6301);
  assert_true(add(&d, 4000, 1024) > LIMIT_SINK_HIGH_BYTES); /* it had caught up */
  unsigned long long missed = poster.missed;
  read_all(&poster);
  assert_int_equal(poster.missed, missed);
  assert_int_equal(d.drained, 2);
  journal_leave(&poster.reader);
  d.sink->end(d.sink);
  close_fixture(&d);
  assert_true(loop_free(loop));
}

static void test_journal__tells_a_gap_of_exactly_what_is_gone(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, LIMIT_LOG_BLOCK_BYTES, 3 * LIMIT_LOG_BLOCK_BYTES);
  struct watcher early, late;
  join(&early, d.journal, 0, false);
  add(&d, 10, 200);
  read_all(&early);
  add(&d, 5000, 200);
  unsigned long long first = journal_facts(d.journal).first;
  assert_true(first > 1000);
  join(&late, d.journal, 5, false);
  read_all(&early);
  read_all(&late);
  assert_int_equal(early.missed, first - 11);
  assert_int_equal(late.missed, first - 6);
  assert_int_equal(early.next, 5011);
  assert_int_equal(late.next, 5011);
  assert_int_equal(d.drained, 0); /* they hold nobody up */
  journal_leave(&early.reader);
  journal_leave(&late.reader);
  d.sink->end(d.sink);
  close_fixture(&d);
}

static void test_journal__without_a_file_keeps_what_memory_holds(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, 2 * LIMIT_LOG_BLOCK_BYTES, 0);
  assert_int_equal(add(&d, 5000, 200), 0); /* detached: nobody throttles */
  struct journal_facts facts = journal_facts(d.journal);
  assert_true(facts.memory_bytes <= 2 * LIMIT_LOG_BLOCK_BYTES);
  assert_true(facts.memory_bytes > LIMIT_LOG_BLOCK_BYTES / 2);
  assert_int_equal(facts.last, 5000);
  assert_int_equal(facts.spill_bytes, 0);
  d.sink->end(d.sink);
  close_fixture(&d);

  open_fixture(&d, 2 * LIMIT_LOG_BLOCK_BYTES, MIB);
  scratch_remove(&d.scratch); /* no place for the file: it goes on all the same */
  add(&d, 5000, 200);
  assert_true(journal_facts(d.journal).memory_bytes <= 2 * LIMIT_LOG_BLOCK_BYTES);
  d.sink->end(d.sink);
  journal_settle(d.journal);
  journal_free(d.journal);
}

static void
test_journal__waits_for_who_throttles_and_drops_nothing_of_theirs(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, LIMIT_LOG_BLOCK_BYTES, 2 * LIMIT_LOG_BLOCK_BYTES);
  struct watcher poster, other;
  join(&poster, d.journal, 0, true);
  join(&other, d.journal, 0, false);
  assert_int_equal(add(&d, 100, 1000), 100000);
  assert_true(add(&d, 1000, 1000) > LIMIT_SINK_HIGH_BYTES); /* and it is not obeyed */
  assert_int_equal(journal_facts(d.journal).first, 1);
  assert_int_equal(journal_facts(d.journal).backlog_bytes, 1100000);
  assert_int_equal(d.drained, 0);
  unsigned pieces = 0;
  while (read_piece(&poster))
    pieces++;
  assert_true(pieces > 10);
  assert_int_equal(d.drained, 1);
  assert_int_equal(poster.next, 1101);
  assert_int_equal(poster.missed, 0);
  add(&d, 1000, 1000); /* what was kept for it goes now */
  assert_true(journal_facts(d.journal).memory_bytes >= MIB - 200 * (size_t)KIB);
  journal_leave(&poster.reader);  /* the last who held anything up */
  assert_int_equal(d.drained, 1); /* it had less than the mark before it */
  add(&d, 1000, 1000);
  assert_true(journal_facts(d.journal).memory_bytes <= LIMIT_LOG_BLOCK_BYTES);
  read_all(&other);
  assert_true(other.missed > 0);
  assert_int_equal(other.next, 3101);
  journal_leave(&other.reader);
  d.sink->end(d.sink);
  close_fixture(&d);
}

static void test_journal__lets_the_run_go_on_when_its_last_poster_leaves(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, MIB, 100 * (size_t)MIB);
  struct watcher one, two;
  join(&one, d.journal, 0, true);
  join(&two, d.journal, 0, true);
  assert_true(add(&d, 2000, 1000) > LIMIT_SINK_HIGH_BYTES);
  journal_leave(&two.reader);
  assert_int_equal(d.drained, 0); /* the other is as far behind */
  journal_leave(&one.reader);
  assert_int_equal(d.drained, 1);
  /* One that comes later has everything before it, and throttles. */
  join(&two, d.journal, 0, true);
  assert_true(add(&d, 1, 1000) > LIMIT_SINK_HIGH_BYTES);
  read_all(&two);
  assert_int_equal(d.drained, 2);
  assert_int_equal(two.missed, 0);
  journal_leave(&two.reader);
  d.sink->end(d.sink);
  close_fixture(&d);
}

static void test_journal__wakes_a_reader_once_and_only_when_it_waits(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, MIB, 0);
  struct watcher w;
  join(&w, d.journal, 0, true);
  add(&d, 5, 100);
  assert_int_equal(w.woken, 0); /* it has not asked yet */
  read_all(&w);
  add(&d, 5, 100);
  assert_int_equal(w.woken, 1);
  read_all(&w);
  d.sink->end(d.sink);
  assert_int_equal(w.woken, 2);
  read_all(&w);
  assert_true(w.ended);
  assert_int_equal(w.next, 11);
  journal_leave(&w.reader);
  close_fixture(&d);
}

static void test_journal__lets_a_reader_wait_for_lines_to_come(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d, LIMIT_LOG_BLOCK_BYTES, 100 * (size_t)MIB);
  struct watcher w;
  join(&w, d.journal, 1500, false); /* in the future */
  read_all(&w);
  for (unsigned i = 0; i < 20; i++) {
    add(&d, 100, 200);
    read_all(&w);
    assert_int_equal(w.next, d.added > 1500 ? d.added + 1 : 1501);
  }
  assert_int_equal(w.missed, 0);
  journal_leave(&w.reader);
  join(&w, d.journal, 9999, false);
  d.sink->end(d.sink);
  read_all(&w);
  assert_true(w.ended);
  journal_leave(&w.reader);
  close_fixture(&d);
}

static void test_journal__gives_its_memory_back_when_the_run_is_over(void **state)
{
  (void)state;
  struct fixture d;
  struct watcher w;
  open_fixture(&d, MIB, 100 * (size_t)MIB);
  add(&d, 3000, 200);
  assert_int_equal(journal_facts(d.journal).spill_bytes, 0);
  d.sink->end(d.sink);
  journal_settle(d.journal);
  assert_int_equal(journal_facts(d.journal).memory_bytes, 0);
  assert_int_equal(journal_facts(d.journal).spill_bytes, 600000);
  join(&w, d.journal, 0, true);
  read_all(&w);
  assert_true(w.ended);
  assert_int_equal(w.next, 3001);
  journal_leave(&w.reader);
  close_fixture(&d);

  open_fixture(&d, MIB, 100 * (size_t)MIB); /* a small run needs no file */
  add(&d, 10, 200);
  d.sink->end(d.sink);
  journal_settle(d.journal);
  assert_int_equal(journal_facts(d.journal).memory_bytes, 2000);
  assert_int_equal(journal_facts(d.journal).spill_bytes, 0);
  close_fixture(&d);
}

static void test_journal__takes_lines_of_any_size(void **state)
{
  (void)state;
  struct fixture d;
  struct watcher w;
  open_fixture(&d, MIB, 8 * (size_t)MIB);
  join(&w, d.journal, 0, true);
  for (unsigned i = 0; i < 20; i++) {
    add(&d, 1, 100 + i * 200 * (size_t)KIB);
    if (i % 3 == 0)
      read_all(&w);
  }
  read_all(&w);
  assert_int_equal(w.next, 21);
  assert_int_equal(w.missed, 0);
  journal_leave(&w.reader);
  add(&d, 1, 9 * (size_t)MIB); /* more than the file ever holds */
  add(&d, 1, 100);
  join(&w, d.journal, 0, false);
  read_all(&w);
  assert_int_equal(w.missed, 21);
  assert_int_equal(w.next, 23);
  journal_leave(&w.reader);
  d.sink->end(d.sink);
  close_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_journal__replays_from_every_line_and_follows),
      cmocka_unit_test(test_journal__of_several_posters_the_one_ahead_sets_the_pace),
      cmocka_unit_test(
          test_journal__a_lenient_one_waits_only_when_it_is_full_and_not_for_ever),
      cmocka_unit_test(test_journal__tells_a_gap_of_exactly_what_is_gone),
      cmocka_unit_test(test_journal__keeps_what_a_throttling_late_reader_has_before_it),
      cmocka_unit_test(test_journal__without_a_file_keeps_what_memory_holds),
      cmocka_unit_test(test_journal__waits_for_who_throttles_and_drops_nothing_of_theirs),
      cmocka_unit_test(test_journal__lets_the_run_go_on_when_its_last_poster_leaves),
      cmocka_unit_test(test_journal__wakes_a_reader_once_and_only_when_it_waits),
      cmocka_unit_test(test_journal__lets_a_reader_wait_for_lines_to_come),
      cmocka_unit_test(test_journal__gives_its_memory_back_when_the_run_is_over),
      cmocka_unit_test(test_journal__takes_lines_of_any_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
