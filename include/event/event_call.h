/* SPDX-License-Identifier: MIT */
/* event_call.h - the event writer's tool calls and their results; event/event.h has the
 * rest and the rules.  */
#ifndef EVENT_EVENT_CALL_H
#define EVENT_EVENT_CALL_H

#include "base/buf.h"
#include "event/event_format.h"

struct events;

/* START, ARGS, END at once.  `origin` says whose tool it is.  `args_json` are the agent's
 * own bytes, "{}" when empty.  Each is a call of its own, also when its id came before;
 * its result is found by `key`, by which calls of one id that are open together can be
 * told apart. */
void events_tool_call_of(struct events *e, enum tool_origin origin, struct span key,
                         struct span call_id, struct span name, struct span args_json);
/* START alone, of a call whose arguments are not whole yet: events_tool_call_of() with
 * this key says them.  What comes before that, a message, its result or the end of the
 * run, gives it "{}". */
void events_tool_call_begin(struct events *e, enum tool_origin origin, struct span key,
                            struct span call_id, struct span name);
/* RESULT: of the call under this key that has none yet; of several the first of the last
 * step, as results of calls that were made together come in their order, and what an
 * earlier step left open was given up.  When all have theirs it is one more of the last
 * of this id; for a call never opened it goes out under an id of its own (agents do
 * that). */
void events_tool_result_of(struct events *e, struct span key, struct span call_id,
                           struct span content, bool failed);
/* The same of an agent that has nothing surer than the id. */
static inline void events_tool_call(struct events *e, enum tool_origin origin,
                                    struct span call_id, struct span name,
                                    struct span args_json)
{
  events_tool_call_of(e, origin, call_id, call_id, name, args_json);
}
static inline void events_tool_result(struct events *e, struct span call_id,
                                      struct span content, bool failed)
{
  events_tool_result_of(e, call_id, call_id, content, failed);
}
/* The agent has given up the call that it made last under this key, and may make it anew:
 * it is interrupted, if it waits for its result. */
void events_call_abandoned(struct events *e, struct span key);
/* Of the call that was made last under the agent's id `call_id` and waits for its result:
 * its id as JSON and its name, lent until the next event.  False: there is none. */
bool events_open_call(const struct events *e, struct span call_id, struct span *id_json,
                      struct span *name);
/* A call under this key waits for its result. */
bool events_awaits_result(const struct events *e, struct span key);

#endif
