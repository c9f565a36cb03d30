/* SPDX-License-Identifier: MIT */
/* agui_post.h - POST /agui: a run for a client that speaks AG-UI (RunAgentInput in, AG-UI
 * events out; SSE where Accept asks for it, else NDJSON).
 *
 * A run id that is known is that run, as with POST /run: the same body again, behind
 * Last-Event-ID or not, attaches to it and starts nothing.  A thread goes on in the
 * session of the agent in which it was last (service/threads.h); only what the user says
 * now is sent there.  Where no session is known the agent gets all that was said.
 *
 * Who stops a run and says something else at once need not wait: while a run of the
 * thread is ending, a request that it stands in the way of waits for at most
 * LIMIT_AGUI_WAIT_MS.
 *
 * A thread whose run is held (run/run_hold.h) goes on with it, whatever the request asks
 * for: its results of tools and its `resume` are the answers.  What it does not answer
 * is refused, in the words of the user where there are any.  */
#ifndef DOOR_AGUI_POST_H
#define DOOR_AGUI_POST_H

#include "door/http/route.h"

void agui_post_answer(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target);

#endif
