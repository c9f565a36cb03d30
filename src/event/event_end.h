/* SPDX-License-Identifier: MIT */
/* event_end.h - what the terminal event of a run says beside its reason: the report, how
 * long the run took, what it used.  Pure.
 *
 * It is told piece by piece, each time as it is known, and goes out once, with
 * RUN_FINISHED or RUN_ERROR alike; all of it is copied.  */
#ifndef EVENT_EVENT_END_H
#define EVENT_EVENT_END_H

#include "event/event_format.h"

struct event_end {
  struct buf report; /* members without braces */
  long long duration_ms;
  struct event_usage usage; /* its costs point into the two bufs */
  struct buf cost, session_cost;
  bool has_usage;
  bool succeeded; /* the agent said so; RUN_ERROR's report then has "successSeen":true */
};

struct event_end event_end_make(void);
void event_end_report(struct event_end *end, struct span members, long long duration_ms);
/* NULL: what was told before stands. */
void event_end_usage(struct event_end *end, const struct event_usage *usage);
/* Fills what a terminal event has of this; the event borrows it.  The two counts belong
 * to the report: without one they are not told. */
void event_end_fill(struct event_end *end, unsigned long long events,
                    unsigned long long tool_calls, struct event *event);
void event_end_free(struct event_end *end);

#endif
