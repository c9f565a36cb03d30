/* SPDX-License-Identifier: MIT */
/* bridge_calls.h - the calls of host tools in one turn, which come by two ways: the
 * agent announces a call in its stream, under the id that the host is to hear, and makes
 * it over MCP, where it has another.  Pure.
 *
 *   announced, then made     bound: by the tool's name, and by the arguments where
 *                            several calls of one tool are open
 *   made, then announced     the same, if that comes in time; else the caller tells the
 *                            host of it (bridge_calls_unannounced), under the id of the
 *                            call, and a late announcement is dropped
 *   an answer before both    kept for the call of its id
 *
 * What the host has answered is told by the caller at once; the agent's own word of that
 * result is dropped.  */
#ifndef DOOR_BRIDGE_BRIDGE_CALLS_H
#define DOOR_BRIDGE_BRIDGE_CALLS_H

#include "base/buf.h"

struct bridge_call {
  struct bridge_call *next;
  struct buf id;        /* as the host knows it; empty: it has not heard of it */
  struct buf announced; /* as the agent announced it; empty: it has not */
  struct buf made;      /* as run_tools.h knows it; empty: not made */
  struct buf name, args;
  bool answered;
  struct buf answer; /* raw JSON that came before the call was made; empty: none */
  bool failed;
};

struct bridge_calls {
  struct bridge_call *first;
  size_t count;
};

void bridge_calls_free(struct bridge_calls *c);

/* `tell`: the host is to hear of it; else it has, and the announcement is dropped.  An
 * answer that came before is in the call then.  NULL: too many. */
struct bridge_call *bridge_calls_announced(struct bridge_calls *c, struct span id,
                                           struct span name, struct span args_json,
                                           bool *tell);
/* NULL: too many.  Not told to the host if its id is empty. */
struct bridge_call *bridge_calls_made(struct bridge_calls *c, struct span made,
                                      struct span name, struct span args_json);
/* One that was made and that the host has not heard of: it has the id now.  NULL: there
 * is none. */
struct bridge_call *bridge_calls_unannounced(struct bridge_calls *c);
/* The host's answer.  NULL: kept for later, or it was answered before.  The call is
 * marked as answered; if it is not made yet the answer is kept in it too. */
struct bridge_call *bridge_calls_answer(struct bridge_calls *c, struct span id,
                                        struct span result_json, bool failed);
/* No answer is wanted any more of what was made under this id: the call, if the host has
 * heard of it and not answered; it is marked as answered. */
struct bridge_call *bridge_calls_over(struct bridge_calls *c, struct span made);
/* The agent tells the result of what it announced.  False: it was told already. */
bool bridge_calls_result(struct bridge_calls *c, struct span announced);

#endif
