/* SPDX-License-Identifier: MIT */
/* run_hold.h - a run whose stream of events ends before its agent does.
 *
 * Its client runs some of the tools (struct tool.frontend), and is asked for leave, by
 * ending its own run and beginning the next one.  The agent knows nothing of that: its
 * call, or its question, just takes long.
 *
 *   the agent calls     the call is held.  Once it stands in the events, under the id by
 *                       which the agent announced it, and no other came for
 *                       LIMIT_HOLD_SETTLE_MS, the stream ends:
 *                       CUSTOM tool-input-available {toolCallId,toolName,input} for each
 *                       such call, then RUN_FINISHED with
 *                       {"type":"success","pendingToolCallIds":[…]}
 *   it asks for leave   the same, with {"type":"interrupt","interrupts":[{id,reason,
 *                       message,toolCallId,responseSchema,metadata}]}; calls wait for the
 *                       next end
 *   while it is held    process, bridge, workspace and its place among --max-runs stay;
 *                       what the agent says is kept (event/event_hold.h).  A cancel
 *                       ends it
 *   run_go_on()         the next stream, under another run id; then the answers
 *   nobody goes on      after hold_ms the run is ended (code hold-timeout)
 *   the agent is gone   the run is over, without a word to anybody: the next request
 *                       resumes its session
 *
 * Each stream has one terminal event.  The run is known under the last one's id.  */
#ifndef RUN_RUN_HOLD_H
#define RUN_RUN_HOLD_H

#include "event/event.h"

struct run;

/* Before run_start(), if the request has hold_ms (else nothing happens): `on_held` comes
 * each time the stream has ended while the run goes on, never from inside a call here. */
void run_may_hold(struct run *r, void (*on_held)(void *who), void *who);
/* Held, and its agent is there to go on. */
bool run_is_held(const struct run *r);
/* Only a run that is held.  The answers follow, in the same turn of the loop; `who`: of
 * on_held, from now on. */
void run_go_on(struct run *r, struct span run_id, struct sink *sink, void *who);
/* The result of a call, raw JSON, by the id that the events have for it; `failed`: it is
 * what went wrong.  False: no such call is held. */
bool run_hold_answer(struct run *r, struct span call_id, struct span result_json,
                     bool failed);
struct run_permission {
  bool yes;
  struct span reason, input; /* as of run_permit() and run_permit_input(); or empty */
};
/* Yes or no to an interrupt, by its id.  False: it is not open (any more). */
bool run_hold_permit(struct run *r, struct span interrupt_id,
                     const struct run_permission *said);
/* That nobody answers the rest of what the stream ended for: calls get these words, and
 * questions are denied with them as the reason. */
void run_hold_refuse_rest(struct run *r, struct span words);

#endif
