/* SPDX-License-Identifier: MIT */
/* records.h - the runs of the service as the world outside sees them, from their
 * admission until they are forgotten.
 *
 * A record is one run's facts and its journal (service/journal.h).  It outlives the run:
 * what is over stays readable for keep_ms, of at most keep_runs runs and keep_bytes of
 * memory and files; above that the oldest goes, but none that somebody reads.
 *
 * The same run id again with the same body is the same run, while it runs and as long as
 * it is kept: it is never started twice.  With another body it is FAULT_CONFLICT.
 *
 * A run whose stream ends while it goes on (run/run_hold.h) is held by the record of that
 * stream; the next one is another record, to which the run goes over.
 *
 * Whoever posted a run stands behind it: when the last of them leaves before the end the
 * run is cancelled, unless its request said onDisconnect "detach".  Other readers come
 * and go as they like.  */
#ifndef SERVICE_RECORDS_H
#define SERVICE_RECORDS_H

#include "service/counters.h"
#include "service/journal.h"
#include "service/runs.h"
#include "service/threads.h"

struct uv_loop_s;
struct records;

struct records_setup {
  struct uv_loop_s *loop;
  struct runs *runs; /* outlives the records, as all here */
  struct counters *counters;
  const char *folder;
  size_t memory_bytes;            /* of one run's events; then the file */
  unsigned long long spill_bytes; /* the file's most */
  unsigned keep_ms, keep_runs;
  unsigned hold_ms; /* a poster that does not read may hold a detached run so long */
  unsigned long long keep_bytes;
};

struct record { /* read only for all but records.c */
  struct records *all;
  struct record *next; /* the one that began before it */
  struct run *run;     /* NULL: over */
  struct journal *journal;
  struct buf id, thread, harness, model;
  const struct event_format *format; /* of its events */
  uint64_t body;                     /* keyed_hash() of the request's */
  bool detach, ending;
  bool lost;     /* its runner died with it: posted again it begins anew */
  unsigned note; /* ongoing_note() */
  unsigned posters;
  unsigned posts;               /* of its request; more than one: the same run again */
  long long began_at, ended_at; /* epoch ms; 0: not yet */
  unsigned long long ended_ticks;
  struct buf report;          /* the bytes of outcome.report */
  struct buf archive;         /* the agent's session (session.export); empty: none */
  struct run_outcome outcome; /* when it is over */
};

struct records *records_new(const struct records_setup *setup);
/* The runs whose runner died become records that are over, as `runner-lost`. */
void records_take_lost(struct records *all);
/* All runs must be over; no reader hears of it. */
void records_free(struct records *all);
/* `req` is taken in every case; `body` is the hash of the text it was read from.  Returns
 * the record of the new run, or of the one that has this id already; NULL and a fault. */
struct record *records_post(struct records *all, struct run_request *req, uint64_t body,
                            struct fault *f);
struct record *records_find(const struct records *all, struct span id); /* or NULL */
struct record *records_newest(const struct records *all);
/* The session that the thread's last run went on in (service/threads.h). */
struct span records_session(struct records *all, struct span thread, struct span harness);

/* A reader of its journal; `posted`: it stands behind the run, and throttles it. */
void record_join(struct record *r, struct journal_reader *reader,
                 unsigned long long after, bool posted, void (*on_more)(void *who),
                 void *who);
void record_leave(struct record *r, struct journal_reader *reader);
/* False: it is over already. */
bool record_cancel(struct record *r);
/* The answer to an approval of its run (run/run_dialogue.h).  FAULT_CONFLICT: the run is
 * over. */
int record_approve(struct record *r, struct span approval_id, bool yes,
                   struct span reason, struct fault *f);
/* More words of its user (run/run_dialogue.h).  FAULT_CONFLICT: the run is over. */
int record_message(struct record *r, struct span id, struct span text, enum run_when when,
                   struct fault *f);
/* "running", "held", "ending", "over" */
const char *record_state(const struct record *r);

/* A run of this thread is ending: what it uses will be free soon. */
bool records_ending(const struct records *all, struct span thread);
/* The one that holds the run of this thread, and can go on; NULL: there is none. */
struct record *records_held(const struct records *all, struct span thread);
/* It goes on as the run of that id: its record.  `run_id` must not be known. */
struct record *record_go_on(struct record *held, struct span run_id, uint64_t body);

struct records_figures { /* of all that are known, for metrics */
  unsigned running, kept, readers;
  unsigned long long events, bytes; /* of those that are not over */
  unsigned long long memory_bytes, spill_bytes, backlog_bytes;
};
struct records_figures records_figures(const struct records *all);

#endif
