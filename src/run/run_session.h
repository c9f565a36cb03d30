/* SPDX-License-Identifier: MIT */
/* run_session.h - the agent's own session, brought before it starts and taken along at
 * the end (a request's `session`).
 *
 * What is brought has been checked before the first file of it is written; what came with
 * the request, before anything is promised.  It is gone on with: modelOptions.sessionId,
 * where it is given, is the session's, and where not, it becomes that.  At the end the
 * session is told by CUSTOM runlet.session {"bytes","sha256"} before the terminal event,
 * and goes to whoever hears of the run's end (run/run_outcome.h).  A session that cannot
 * be taken along is a warning.  */
#ifndef RUN_RUN_SESSION_H
#define RUN_RUN_SESSION_H

#include "run_state.h"

/* FAULT_BAD_INPUT or FAULT_TOO_BIG, naming the field. */
int run_session_admit(struct run *r, struct fault *f);
/* False: there is nothing to bring.  Else `done` comes once, never from inside; `why`
 * NULL: it is there. */
bool run_session_bring(struct run *r,
                       void (*done)(struct run *r, const struct fault *why));
void run_session_stop(struct run *r); /* `done` comes early, if it can */
/* `told` comes once, perhaps from inside. */
void run_session_export(struct run *r, const struct process_end *end,
                        void (*told)(struct run *r, const struct process_end *end));
void run_session_free(struct run *r);

#endif
