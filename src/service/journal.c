/* SPDX-License-Identifier: MIT */
/* journal.c - the log of a run, its file, and who holds the run up.
 *
 * A line that is added may push the oldest block out of memory: into the file, whose own
 * oldest content it may overwrite, or away.  Before anything goes, the readers that
 * throttle are asked: what one of them has not read yet stays, above the ceiling if it
 * must; its backlog stops the run soon after.  */
#include "service/journal.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "event_log.h"
#include "io/loop.h"
#include "io/spill.h"

#include <stdlib.h>

struct journal {
  struct sink sink; /* first */
  struct journal_setup setup;
  struct event_log log;
  struct spill *spill; /* NULL: not needed yet, or not to be had */
  bool spill_failed;
  struct journal_reader *readers;
  bool throttled;          /* the run was told to wait: on_drain is due */
  struct loop_timer *hold; /* of a lenient journal, since then */
  bool over;
};

/* -- who throttles -- */

static unsigned long long unread(const struct journal *j, const struct journal_reader *r)
{
  return r->placed || r->bounded ? j->log.end - r->at : 0;
}

/* A reader that joined behind a line has its place only when that line is read.  As soon
 * as its first line is there it may not be dropped: from the beginning of the block in
 * which that line is all counts as unread. */
static void bound(const struct journal *j, struct journal_reader *r)
{
  if (r->placed || r->bounded || r->seq > event_log_last(&j->log))
    return;
  const struct event_log_block *b = event_log_find(&j->log, r->seq);
  if (!b) /* what was dropped already is no backlog */
    b = event_log_oldest(&j->log);
  r->at = b ? b->start : j->log.end;
  r->bounded = true;
}

static void bound_all(const struct journal *j)
{
  for (struct journal_reader *r = j->readers; r; r = r->next)
    bound(j, r);
}

/* What the reader that sets the pace has before it: of those that throttle the one that
 * is furthest ahead.  0: there is none. */
static unsigned long long pace(const struct journal *j)
{
  unsigned long long least = 0;
  bool any = false;
  for (const struct journal_reader *r = j->readers; r; r = r->next) {
    if (!r->throttles || r->passed_over || (any && unread(j, r) >= least))
      continue;
    least = unread(j, r);
    any = true;
  }
  return least;
}

/* Above it the run waits.  Of a lenient journal: when memory and file are nearly full. */
static unsigned long long high_mark(const struct journal *j)
{
  unsigned long long room =
      j->setup.memory_bytes + (j->spill_failed ? 0 : j->setup.spill_bytes);
  return j->setup.lenient && room > 2 * LIMIT_SINK_HIGH_BYTES
             ? room - LIMIT_SINK_HIGH_BYTES
             : LIMIT_SINK_HIGH_BYTES;
}

/* The run waits, and who sets the pace has read enough: it may go on. */
static void resume_if_read(struct journal *j)
{
  if (!j->throttled ||
      pace(j) + LIMIT_SINK_HIGH_BYTES >= high_mark(j) + LIMIT_SINK_LOW_BYTES)
    return;
  j->throttled = false;
  loop_timer_free(j->hold);
  j->hold = NULL;
  if (j->sink.on_drain)
    j->sink.on_drain(j->sink.listener);
}

/* Nobody may hold a detached run for ever: until they have caught up they get gaps. */
static void held_too_long(void *who)
{
  struct journal *j = who;
  for (struct journal_reader *r = j->readers; r; r = r->next)
    r->passed_over = true;
  resume_if_read(j);
}

static void throttle(struct journal *j)
{
  if (!j->throttled && j->setup.lenient && j->setup.loop) {
    j->hold = loop_timer_new(j->setup.loop, held_too_long, j);
    loop_timer_start(j->hold, j->setup.hold_ms);
  }
  j->throttled = true;
}

/* -- keeping -- */

/* The first byte of the log that who sets the pace has not read. */
static unsigned long long wanted_from(const struct journal *j)
{
  return j->log.end - pace(j);
}

/* A file that failed once is not tried again. */
static void give_up_spill(struct journal *j, const struct fault *f)
{
  j->spill_failed = true;
  log_line(LOG_WARN, j->setup.run_id, "events are kept in memory only: %s", f->text);
}

/* The file is made when it is first needed: most runs never do. */
static bool ready_spill(struct journal *j)
{
  struct fault f = {0};
  if (!j->spill && !j->spill_failed && j->setup.spill_bytes > 0) {
    j->spill = spill_open(j->setup.folder, j->setup.spill_bytes, &f);
    if (!j->spill)
      give_up_spill(j, &f);
  }
  return j->spill && !j->spill_failed;
}

/* Drops what the file will overwrite to take `len` more.  False: that is still wanted. */
static bool clear_spill(struct journal *j, size_t len)
{
  unsigned long long lost = spill_lost_by(j->spill, len);
  for (const struct event_log_block *b; (b = event_log_oldest(&j->log)) && b->away;) {
    if (b->place >= lost)
      break;
    if (b->start + b->len > wanted_from(j))
      return false;
    event_log_drop(&j->log);
  }
  return true;
}

/* Moves a block to the file if that can be; else drops it, unless it is still wanted.
 * False: it stays in memory. */
static bool move_out(struct journal *j, const struct event_log_block *b)
{
  unsigned long long place;
  struct fault f = {0};
  if (b->len <= j->setup.spill_bytes && ready_spill(j)) {
    if (!clear_spill(j, b->len))
      return false;
    b = event_log_oldest_here(&j->log); /* the log has changed */
    if (spill_add(j->spill, buf_span(&b->bytes), &place, &f) == 0) {
      event_log_put_away(&j->log, place);
      return true;
    }
    give_up_spill(j, &f);
  }
  if (b->start + b->len > wanted_from(j))
    return false;
  while (event_log_oldest(&j->log)->away) /* what is kept is one piece */
    event_log_drop(&j->log);
  event_log_drop(&j->log);
  return true;
}

static void wake_readers(struct journal *j)
{
  for (struct journal_reader *r = j->readers; r; r = r->next) {
    if (!r->waiting)
      continue;
    r->waiting = false;
    r->on_more(r->who);
  }
}

/* The sink's: returns what the run has to know of who sets the pace. */
static size_t put_line(struct sink *sink, struct span line)
{
  struct journal *j = (struct journal *)sink;
  event_log_add(&j->log, line);
  bound_all(j);
  for (const struct event_log_block *b; (b = event_log_excess(&j->log));)
    if (!move_out(j, b))
      break;
  wake_readers(j);
  unsigned long long backlog = pace(j);
  if (backlog > high_mark(j))
    throttle(j);
  else if (backlog > LIMIT_SINK_HIGH_BYTES)
    backlog = LIMIT_SINK_HIGH_BYTES; /* not yet */
  return (size_t)backlog;
}

static void end_lines(struct sink *sink)
{
  struct journal *j = (struct journal *)sink;
  j->over = true;
  wake_readers(j);
}

void journal_settle(struct journal *j)
{
  if (j->log.memory > LIMIT_LOG_BLOCK_BYTES)
    for (const struct event_log_block *b; (b = event_log_oldest_here(&j->log));)
      if (!ready_spill(j) || !move_out(j, b))
        break;
  buf_free(&j->log.spare);
}

/* -- reading -- */

void journal_join(struct journal *j, struct journal_reader *r, unsigned long long after,
                  bool throttles, void (*on_more)(void *who), void *who)
{
  *r = (struct journal_reader){.journal = j,
                               .next = j->readers,
                               .seq = after + 1,
                               .placed = after == 0,
                               .throttles = throttles,
                               .on_more = on_more,
                               .who = who};
  const struct event_log_block *oldest = event_log_oldest(&j->log);
  /* what was dropped already is no backlog */
  if (after == 0 && oldest)
    r->at = oldest->start;
  j->readers = r;
  bound(j, r);
}

void journal_leave(struct journal_reader *r)
{
  struct journal *j = r->journal;
  struct journal_reader **at = &j->readers;
  while (*at != r)
    at = &(*at)->next;
  *at = r->next;
  buf_free(&r->read_back);
  r->journal = NULL;
  resume_if_read(j);
}

/* The reader goes on behind this block. */
static void pass(struct journal_reader *r, const struct event_log_block *b)
{
  r->seq = b->seq + b->lines;
  r->at = b->start + b->len;
  r->placed = true;
  r->passed_over = r->passed_over && unread(r->journal, r) >= LIMIT_SINK_LOW_BYTES;
  resume_if_read(r->journal);
}

/* The bytes of block `b` from byte `from` on; at = NULL: they cannot be read. */
static struct span bytes_of(struct journal_reader *r, const struct event_log_block *b,
                            size_t from)
{
  struct fault f = {0};
  if (!b->away) {
    buf_free(&r->read_back);
    return span_after(buf_span(&b->bytes), from);
  }
  if (r->read_back.ceiling < b->len) {
    buf_free(&r->read_back);
    r->read_back = buf_make(b->len);
  }
  buf_clear(&r->read_back);
  char *to = buf_reserve(&r->read_back, b->len - from);
  if (spill_read(r->journal->spill, b->place + from, b->len - from, to, &f) < 0) {
    log_line(LOG_WARN, r->journal->setup.run_id, "events are lost: %s", f.text);
    return (struct span){0};
  }
  buf_grew(&r->read_back, b->len - from);
  return buf_span(&r->read_back);
}

enum journal_piece journal_read(struct journal_reader *r, struct journal_lines *out)
{
  struct journal *j = r->journal;
  const struct event_log *l = &j->log;
  if (r->seq > event_log_last(l)) {
    r->waiting = !j->over;
    return j->over ? JOURNAL_END : JOURNAL_WAIT;
  }
  *out = (struct journal_lines){.from = r->seq};
  const struct event_log_block *b = event_log_find(l, r->seq);
  if (!b) { /* it is gone */
    const struct event_log_block *oldest = event_log_oldest(l);
    out->to = event_log_first(l) - 1;
    r->seq = out->to + 1;
    r->at = oldest ? oldest->start : l->end;
    r->placed = true;
    return JOURNAL_GAP;
  }
  out->to = b->seq + b->lines - 1;
  out->bytes = bytes_of(r, b, r->placed ? (size_t)(r->at - b->start) : 0);
  if (!r->placed)
    out->bytes = event_log_skip(out->bytes, r->seq - b->seq);
  pass(r, b);
  return out->bytes.at ? JOURNAL_LINES : JOURNAL_GAP;
}

/* -- the rest -- */

struct journal *journal_new(const struct journal_setup *setup)
{
  struct journal *j = mem_new(sizeof *j);
  j->sink = (struct sink){.put = put_line, .end = end_lines};
  j->setup = *setup;
  j->log = event_log_make(setup->memory_bytes);
  return j;
}

void journal_free(struct journal *j)
{
  if (!j)
    return;
  loop_timer_free(j->hold);
  spill_close(j->spill);
  event_log_free(&j->log);
  free(j);
}

struct sink *journal_sink(struct journal *j)
{
  return &j->sink;
}

bool journal_is_over(const struct journal *j)
{
  return j->over;
}

struct journal_facts journal_facts(const struct journal *j)
{
  struct journal_facts f = {.first = event_log_first(&j->log),
                            .last = event_log_last(&j->log),
                            .bytes = j->log.end,
                            .memory_bytes = j->log.memory,
                            .spill_bytes = j->spill ? spill_size(j->spill) : 0};
  for (const struct journal_reader *r = j->readers; r; r = r->next) {
    f.readers++;
    if (unread(j, r) > f.backlog_bytes)
      f.backlog_bytes = unread(j, r);
  }
  return f;
}
