/* SPDX-License-Identifier: MIT */
/* run_trace_state.h - a run's open spans, as its two files share them.  Pure.
 *
 *   run_trace.c    the run, its setup, turns of the model
 *   trace_calls.c  calls of tools  */
#ifndef TELEMETRY_RUN_TRACE_STATE_H
#define TELEMETRY_RUN_TRACE_STATE_H

#include "base/limits.h"
#include "telemetry/otlp_span.h"
#include "telemetry/trace_setup.h"

enum { SPAN_ID_BYTES = 16 };

struct run_trace_call { /* of a host tool, or as an event has told it */
  struct run_trace_call *next;
  char span_id[SPAN_ID_BYTES + 1];
  bool native;
  long long began_ms, ended_ms;
  struct buf name, id, args; /* args: for `content`, and to tell calls apart */
  /* Of one that has ended before an event told of it: */
  const char *error;
  struct buf result; /* if the content is wanted */
};

struct calls { /* the oldest first */
  struct run_trace_call *first;
  size_t count;
};

struct run_trace {
  struct run_trace_setup setup;
  struct buf texts; /* trace id, parent id, trace state */
  char span_id[SPAN_ID_BYTES + 1];
  uint64_t ids;
  long long began_ms, setup_ms, turn_ms, spoke_ms; /* setup_ms, spoke_ms 0: it does not */
  struct calls told;   /* by events, without their result … */
  struct calls untold; /* … and those that have ended, and wait to be told */
  struct buf said;     /* in the turn, if the content is wanted */
  struct buf json;     /* a span on its way out */
  struct json_writer writer;
  bool over;
};

void run_trace_next_id(struct run_trace *t, char *out);
/* A span that has ended, named "<front> <what>" (`what` empty: the front alone): all of
 * it but attributes of its own, which go to t->writer, … */
void run_trace_open(struct run_trace *t, const char *span_id, long long began_ms,
                    long long ended_ms, const char *front, struct span what);
/* … and out with it.  As otlp_span_close(). */
void run_trace_close(struct run_trace *t, struct span error, struct span message);
/* What there is to be told of a text that somebody wrote. */
static inline struct span run_trace_cut(const struct run_trace *t, struct span s)
{
  return t->setup.content ? span_cut_utf8(s, LIMIT_OTLP_TEXT_BYTES) : (struct span){0};
}

#endif
