/* SPDX-License-Identifier: MIT */
/* run.h - one run, from a valid request to its last event.
 *
 *   ADMITTED -> BEGINNING -> SPEAKING -> ENDING -> OVER
 *
 * run_new() does all that can be refused before anything is promised: harness, tool URL,
 * secrets, workspace, the CLI on PATH.  run_start() sends RUN_STARTED, then opens the
 * bridge, writes the private files and spawns the agent.  From then on nothing is refused
 * any more: whatever happens becomes exactly one terminal event.  The run owns the
 * bridge, the child, the events and the private folder and gives them back in the reverse
 * order; `on_over` comes once, never from inside run_start() or run_cancel(), when
 * nothing of the run is left on the loop.
 *
 * A door answers an agent only through its run, never through bridge or tool: what it
 * asks leave for and more words of the user by run/run_dialogue.h, and by
 * run_tool_result(run, id, result) when an executor sends its calls there
 * (tool/tool_executor.h).  */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/fault.h"
#include "event/event.h"
#include "request/run_request.h"
#include "run/run_dialogue.h"
#include "run/run_outcome.h"
#include "run/run_settings.h"

struct run;

/* For request_rules: is this the id of a harness that can be run? */
bool run_is_harness(struct span id);

/* `req` is taken in every case. */
struct run *run_new(const struct run_settings *settings, struct run_request *req,
                    struct fault *f);
void run_start(struct run *r, struct sink *sink,
               void (*on_over)(void *who, const struct run_outcome *outcome), void *who);
/* Ends the run with RUN_ERROR (code, message) and kills its agent.  Any number of times,
 * at any time; the first reason stays, a second cancel hastens.  `by` is for the report:
 * "client", "api", "signal" or "timeout".  The agent has at most `grace_ms`; 0: as long
 * as the run says. */
void run_cancel(struct run *r, const char *by, const char *code, const char *message,
                unsigned grace_ms);
void run_free(struct run *r); /* only what was never started; NULL is fine */

struct span run_id(const struct run *r);
struct span run_workspace(const struct run *r);
/* The path of its agent's program; "" while it is not looked for yet. */
const char *run_program(const struct run *r);
/* `r` is to resume the session that `running` resumed, or that its agent has named. */
bool run_shares_session(const struct run *running, const struct run *r);

#endif
