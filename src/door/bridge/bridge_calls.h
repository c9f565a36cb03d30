/* SPDX-License-Identifier: MIT */
/* bridge_calls.h - the calls of host tools in one turn, which come by two ways: the
 * agent announces a call in its stream, under the id that the host is to hear, and makes
 * it over MCP, where it has another.  Pure.
 *
 * A host runs what it hears of, so it hears of a call once, when it was made:
 *
 *   announced, then made     due at once.  Which of several of one tool is meant, their
 *                            arguments tell, or their order
 *   made, then announced     due with the announcement, if that comes in time; else the
 *                            caller takes it (bridge_calls_unannounced), under the id of
 *                            the call, and the late announcement is not told
 *   announced, never made    never due: the agent itself refused it; what came of it is
 *                            told together with the call, as the agent's own
 *   an answer before         kept for the call of its id
 *
 * What the host has answered is told by the caller at once; the agent's own word of that
 * result is dropped.  */
#ifndef DOOR_BRIDGE_BRIDGE_CALLS_H
#define DOOR_BRIDGE_BRIDGE_CALLS_H

#include "base/buf.h"

struct bridge_call {
  struct bridge_call *next;
  struct buf id;        /* as the host knows it, or would */
  struct buf announced; /* as the agent announced it; empty: it has not */
  struct buf made;      /* as run_tools.h knows it; empty: not made */
  struct buf name, args;
  bool told;         /* the host has heard of it */
  bool answered;     /* … and answered, or its answer is not wanted any more */
  struct buf answer; /* raw JSON that came before it was told; empty: none */
  bool failed;
};

struct bridge_calls {
  struct bridge_call *first;
  size_t count; /* at most LIMIT_BRIDGE_CALLS: the oldest that is over makes room */
};

void bridge_calls_free(struct bridge_calls *c);

/* NULL: too many are open. */
struct bridge_call *bridge_calls_announced(struct bridge_calls *c, struct span id,
                                           struct span name, struct span args_json);
/* NULL: too many are open. */
struct bridge_call *bridge_calls_made(struct bridge_calls *c, struct span made,
                                      struct span name, struct span args_json);
/* Is the host to hear of it now?  True once; an answer that came before is in it then. */
bool bridge_calls_due(struct bridge_call *call);
/* One that was made, that nobody announced and that the host has not heard of: it has an
 * id now, and counts as told.  NULL: there is none. */
struct bridge_call *bridge_calls_unannounced(struct bridge_calls *c);
/* The host's answer.  NULL: kept for later, or it was answered before. */
struct bridge_call *bridge_calls_answer(struct bridge_calls *c, struct span id,
                                        struct span result_json, bool failed);
/* No answer is wanted any more of what was made under this id: the call, if the host is
 * to hear so, because it has heard of it and not answered. */
struct bridge_call *bridge_calls_over(struct bridge_calls *c, struct span made);
/* The call that the agent announced under this id, or NULL. */
struct bridge_call *bridge_calls_find(const struct bridge_calls *c,
                                      struct span announced);
void bridge_calls_drop(struct bridge_calls *c, struct bridge_call *call);

#endif
