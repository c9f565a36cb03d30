/* SPDX-License-Identifier: MIT */
/* event_ids.h - the ids of one run's messages and tool calls: the agent's own where they
 * can be used, else made ones.
 *
 * Made ids are "<runId>-<n>", n from 0 in the order of use, past every id that the agent
 * itself has used.  So the same transcript gives the same ids.  */
#ifndef EVENT_EVENT_IDS_H
#define EVENT_EVENT_IDS_H

#include "base/buf.h"
#include "event/seen_ids.h"

struct event_ids {
  struct span run_id; /* borrowed */
  struct seen_ids messages, calls;
  unsigned long long made; /* so far */
};

/* A message id that was never used in this run, as a JSON string into `out`: the native
 * one, or that with "-2", "-3", …, or a made one when it is empty, longer than an id may
 * be, or when too many were seen to tell. */
void event_ids_message(struct event_ids *ids, struct span native, struct buf *out);
/* The id of a tool call likewise, which is never changed; an empty one is made.  False:
 * there is a call of this id already. */
bool event_ids_call(struct event_ids *ids, struct span native, struct buf *out);
void event_ids_free(struct event_ids *ids);

#endif
