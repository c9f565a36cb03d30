/* SPDX-License-Identifier: MIT */
/* event_log.h - the lines of one run, numbered, for those who come later.  Pure.
 *
 * Lines have sequence numbers from 1 and lie in blocks of LIMIT_LOG_BLOCK_BYTES (a longer
 * line has a block of its own), so that a reader takes many with one look.  The log never
 * lets go of a block by itself: event_log_excess() names the oldest one while there is
 * more than the ceiling in memory, and the owner stores it elsewhere
 * (event_log_put_away) or forgets it (event_log_drop).  The newest block stays in memory
 * always.  Blocks leave memory in order, so what is kept is one piece: first those that
 * are away, then those that are here.
 *
 * A pointer to a block is good until the next change.  Adding a line costs one copy.  */
#ifndef SERVICE_EVENT_LOG_H
#define SERVICE_EVENT_LOG_H

#include "base/buf.h"

struct event_log_block {
  unsigned long long seq;   /* of its first line */
  unsigned long long start; /* bytes of the log before it */
  unsigned lines;
  size_t len;
  bool away;                /* not in memory, but at `place` */
  unsigned long long place; /* the owner's */
  struct buf bytes;
};

struct event_log {
  struct event_log_block *at;
  size_t first, count, capacity; /* kept blocks: at[first] … */
  size_t away;                   /* how many of them are */
  size_t memory, ceiling;        /* bytes of lines in memory */
  unsigned long long next;       /* the next line's number */
  unsigned long long end;        /* bytes ever added */
  struct buf spare;              /* a block's memory, to be used again */
};

struct event_log event_log_make(size_t ceiling);
void event_log_free(struct event_log *l);
/* `line` with its newline, and no other in it. */
void event_log_add(struct event_log *l, struct span line);
/* The oldest block in memory while there is more than the ceiling; NULL: there is not. */
const struct event_log_block *event_log_excess(const struct event_log *l);
/* The oldest block in memory, or kept at all; NULL: none. */
const struct event_log_block *event_log_oldest_here(const struct event_log *l);
const struct event_log_block *event_log_oldest(const struct event_log *l);
void event_log_put_away(struct event_log *l, unsigned long long place);
void event_log_drop(struct event_log *l); /* the oldest kept */
/* The block that holds line `seq`; NULL: it was dropped, or is not there yet. */
const struct event_log_block *event_log_find(const struct event_log *l,
                                             unsigned long long seq);
/* The numbers that are kept; first is last + 1 when there are none. */
unsigned long long event_log_first(const struct event_log *l);
unsigned long long event_log_last(const struct event_log *l);
/* `bytes` without its first `lines` lines. */
struct span event_log_skip(struct span bytes, unsigned long long lines);

#endif
