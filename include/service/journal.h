/* SPDX-License-Identifier: MIT */
/* journal.h - the events of one run and everybody who reads them.
 *
 * The journal is the sink of its run (event/event.h).  It numbers the lines, keeps them
 * in memory and above that in a file, and lets any number of readers follow, each at its
 * own place: what is kept first, then what comes, with no gap and no duplicate, for there
 * is one way to read only: journal_read().
 *
 * Who throttles: of the readers that joined with `throttles` the one that is furthest
 * ahead.  When it has more than LIMIT_SINK_HIGH_BYTES before it the run's reading of its
 * agent stops until it has less than LIMIT_SINK_LOW_BYTES; what it has not read is never
 * dropped.  In a lenient journal it stops nothing before that is nearly all that memory
 * and file can hold, and then for hold_ms at most.  Other readers never stop anything:
 * when memory and file are full the oldest lines go, and a reader that had not read them
 * gets a gap.  Even a journal whose memory and file are too small for one line keeps its
 * newest.
 *
 * A reader's `on_more` comes once after each JOURNAL_WAIT, when there is something to
 * read again; it comes from inside the run's calls, so it only takes note.  */
#ifndef SERVICE_JOURNAL_H
#define SERVICE_JOURNAL_H

#include "event/event.h"

struct uv_loop_s;
struct journal;

struct journal_setup {
  struct span run_id;  /* for the log; outlives the journal */
  const char *folder;  /* where the file is made, when it is needed; outlives it */
  size_t memory_bytes; /* of lines; then the file */
  unsigned long long spill_bytes; /* the file's most; 0: none */
  bool lenient;                   /* the run may go on without its readers */
  unsigned hold_ms;
  struct uv_loop_s *loop; /* for hold_ms; NULL: it has no end */
};

struct journal *journal_new(const struct journal_setup *setup);
/* No reader may be left, and the run must be over.  NULL is fine. */
void journal_free(struct journal *j);
struct sink *journal_sink(struct journal *j);
/* The run is over and adds nothing more: all but the newest block leaves memory. */
void journal_settle(struct journal *j);

struct journal_facts {
  unsigned long long first, last; /* sequence numbers kept; last 0: none ever */
  unsigned long long bytes;       /* all lines ever */
  unsigned long long memory_bytes, spill_bytes;
  unsigned long long backlog_bytes; /* before the slowest reader, kept or not */
  unsigned readers;
};
struct journal_facts journal_facts(const struct journal *j);
bool journal_is_over(const struct journal *j); /* its last line is there */

struct journal_reader { /* the owner's memory; the fields are the journal's */
  struct journal *journal;
  struct journal_reader *next;
  unsigned long long seq; /* the next line's number */
  unsigned long long at;  /* bytes of the log before it … */
  bool placed;            /* … if that is known … */
  bool bounded; /* … or at most so many: the beginning of the block it is in */
  bool throttles, waiting;
  bool passed_over;     /* it held the run for hold_ms */
  struct buf read_back; /* a block from the file */
  void (*on_more)(void *who);
  void *who;
};

enum journal_piece {
  JOURNAL_LINES, /* whole lines, one or many */
  JOURNAL_GAP,   /* from … to are gone */
  JOURNAL_WAIT,  /* nothing now: on_more will come */
  JOURNAL_END    /* nothing ever again */
};

struct journal_lines {
  struct span bytes;           /* lent until the next call of a journal_… function */
  unsigned long long from, to; /* their numbers; of a gap likewise */
};

/* The reader begins behind line `after`, which may be one that is not there yet. */
void journal_join(struct journal *j, struct journal_reader *r, unsigned long long after,
                  bool throttles, void (*on_more)(void *who), void *who);
void journal_leave(struct journal_reader *r); /* once; it may join again */
enum journal_piece journal_read(struct journal_reader *r, struct journal_lines *out);

#endif
