/* SPDX-License-Identifier: MIT */
/* open_calls.h - the tool calls of a run that have no result yet, the oldest first.  */
#ifndef EVENT_OPEN_CALLS_H
#define EVENT_OPEN_CALLS_H

#include "event/event_format.h"

#include <stdint.h>

struct open_call {
  uint64_t key;    /* the hash of what the agent names it by */
  uint64_t native; /* … of the id that the agent gave it */
  unsigned step;   /* of the agent, in which it was opened */
  struct buf id;   /* as a JSON string */
  struct buf name;
  enum tool_origin origin;
  bool begun;      /* its START went out alone: ARGS and END are to come */
  bool claimed;    /* it is the client's: event_hold.h */
  struct buf args; /* if they are kept */
};

struct open_calls {
  struct open_call *at;
  size_t count, capacity;
};

/* `call` says id, name and origin; they are copied. */
void open_calls_add(struct open_calls *calls, struct span key, struct span native,
                    unsigned step, const struct event *call);
/* The place of the one of this key whose result is due, or `count` if there is none: of
 * those of the last step the first, as results of calls that were made together come in
 * their order, and what an earlier step left open was given up. */
size_t open_calls_find(const struct open_calls *calls, struct span key);
/* The place of the one of this key that was opened last, or `count`. */
size_t open_calls_newest(const struct open_calls *calls, struct span key);
/* … and has only begun. */
size_t open_calls_begun(const struct open_calls *calls, struct span key);
/* The place of the one with this id of the agent's that was opened last, or `count`. */
size_t open_calls_of(const struct open_calls *calls, struct span native);
void open_calls_drop(struct open_calls *calls, size_t index);
void open_calls_free(struct open_calls *calls);

/* An event that says what is known of the call. */
struct event open_call_event(const struct open_call *call);

#endif
