/* SPDX-License-Identifier: MIT */
/* Readers that come, go, dawdle and throttle, against a model that keeps every line: each
 * gets each line once, in order and whole, or a gap that says exactly what is gone; and
 * one that throttles alone misses nothing that was kept when it came.
 *
 * The first two bytes: how much memory and file hold, in blocks (4 more: it is lenient);
 * then two for each step:
 * what is done, and to whom or how much. */
#include "base/limits.h"
#include "base/log.h"
#include "service/journal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READERS = 6, LINES = 400, UNIT = 700 };

struct follower {
  struct journal_reader reader;
  bool here, ended;
  unsigned long long next;        /* the line it has to get */
  unsigned long long no_gap_from; /* one that throttles */
};

struct play {
  struct journal *journal;
  struct sink *sink;
  struct follower followers[READERS];
  size_t sizes[LINES + 1]; /* of the lines, from 1 */
  unsigned long long last;
  bool over;
};

static void on_more(void *who)
{
  (void)who;
}

static void on_drain(void *who)
{
  (void)who;
}

static void add_line(struct play *p, size_t units)
{
  if (p->over || p->last == LINES)
    return;
  size_t size = 16 + units * UNIT;
  char *line = malloc(size);
  int head = snprintf(line, size, "%llu ", ++p->last);
  memset(line + head, 'x', size - (size_t)head);
  line[size - 1] = '\n';
  p->sizes[p->last] = size;
  (void)p->sink->put(p->sink, (struct span){line, size});
  free(line);
}

static void check_lines(const struct play *p, struct follower *f,
                        const struct journal_lines *got)
{
  struct span rest = got->bytes;
  if (got->from != f->next || got->to < got->from || got->to > p->last)
    abort();
  for (unsigned long long n = got->from; n <= got->to; n++) {
    if (rest.len < p->sizes[n] || rest.at[p->sizes[n] - 1] != '\n' ||
        strtoull(rest.at, NULL, 10) != n)
      abort();
    rest = span_after(rest, p->sizes[n]);
  }
  if (rest.len > 0)
    abort();
  f->next = got->to + 1;
}

static bool read_piece(const struct play *p, struct follower *f)
{
  struct journal_lines got;
  switch (journal_read(&f->reader, &got)) {
  case JOURNAL_LINES:
    check_lines(p, f, &got);
    return true;
  case JOURNAL_GAP:
    if (got.from != f->next || got.to < got.from || got.to > p->last ||
        got.to >= f->no_gap_from)
      abort();
    f->next = got.to + 1;
    return true;
  case JOURNAL_WAIT:
    if (p->over || f->next <= p->last)
      abort();
    return false;
  case JOURNAL_END:
    if (!p->over || f->next <= p->last)
      abort();
    f->ended = true;
    return false;
  }
  return false;
}

static void join(struct play *p, struct follower *f, unsigned long long after,
                 bool throttles)
{
  unsigned long long first = journal_facts(p->journal).first;
  bool alone = true;
  *f = (struct follower){.here = true, .next = after + 1, .no_gap_from = UINT64_MAX};
  for (size_t i = 0; i < READERS && throttles; i++) { /* the one ahead is waited for */
    struct follower *other = &p->followers[i];
    if (other == f || !other->here || !other->reader.throttles)
      continue;
    other->no_gap_from = UINT64_MAX;
    alone = false;
  }
  if (throttles && alone)
    f->no_gap_from = after + 1 > first ? after + 1 : first;
  journal_join(p->journal, &f->reader, after, throttles, on_more, f);
}

static void step(struct play *p, uint8_t what, uint8_t how)
{
  struct follower *f = &p->followers[how % READERS];
  switch (what % 8) {
  case 0:
  case 1:
    if (!f->here)
      join(p, f,
           what > 127          ? p->last / 2
           : what / 8 % 8 == 7 ? p->last + 3
                               : what / 8u,
           what % 2);
    break;
  case 2:
    if (f->here)
      journal_leave(&f->reader);
    f->here = false;
    break;
  case 3:
    if (f->here)
      (void)read_piece(p, f);
    break;
  case 4:
    while (f->here && read_piece(p, f)) {
    }
    break;
  case 5:
    if (how == 255) {
      p->over = true;
      p->sink->end(p->sink);
    }
    break;
  default:
    add_line(p, how);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  struct journal_setup setup = {.run_id = SPAN_LITERAL("r"),
                                .folder = "/tmp",
                                .memory_bytes = data[0] % 4 * LIMIT_LOG_BLOCK_BYTES,
                                .spill_bytes = data[1] % 4 * LIMIT_LOG_BLOCK_BYTES,
                                .lenient = data[0] & 4};
  struct play p = {.journal = journal_new(&setup)};
  log_setup(LOG_SILENT, LOG_TEXT);
  p.sink = journal_sink(p.journal);
  p.sink->on_drain = on_drain;
  for (size_t i = 2; i + 1 < size; i += 2)
    step(&p, data[i], data[i + 1]);
  if (!p.over)
    p.sink->end(p.sink);
  p.over = true;
  journal_settle(p.journal);
  for (size_t i = 0; i < READERS; i++) {
    struct follower *f = &p.followers[i];
    if (!f->here)
      continue;
    while (read_piece(&p, f)) {
    }
    journal_leave(&f->reader);
  }
  journal_free(p.journal);
  return 0;
}
