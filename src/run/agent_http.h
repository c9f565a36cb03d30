/* SPDX-License-Identifier: MIT */
/* agent_http.h - HTTP between a run and its agent's own server on loopback.
 *
 * Makes the calls that a harness left in its actions (agent/agent_actions.h) and hands
 * back what comes of them: of a call its one answer, with the call's tag; of a stream
 * each event (http/sse_reader.h) and then its end.  A call that cannot be made, is cut
 * off or answers more than the ceiling is handed back with status 0 and the reason in
 * words.  Only http://127.0.0.1:<port>/ is called, for a harness takes the address from
 * what its agent printed.  An answer has no deadline but the run's own: a turn lasts as
 * long as it lasts.  */
#ifndef RUN_AGENT_HTTP_H
#define RUN_AGENT_HTTP_H

#include "agent/harness.h"

struct uv_loop_s;
struct http_client;
struct agent_http;

/* Any number of times, from the loop, never from inside the functions below. */
struct agent_http_calls {
  void (*on_input)(void *who, const struct agent_input *input);
  void (*on_too_long)(void *who, size_t ceiling); /* an event was, and is left out */
};

struct agent_http_setup {
  struct uv_loop_s *loop;
  struct http_client *client;
  size_t ceiling;        /* of one event, and of one answer */
  struct budget *budget; /* what comes is charged to it; NULL: none */
  const struct agent_http_calls *calls;
  void *who;
};

struct agent_http *agent_http_open(const struct agent_http_setup *setup);
/* Takes the calls out of the actions and starts them. */
void agent_http_send(struct agent_http *h, struct agent_actions *actions);
/* While paused no stream is read, and the server has to wait; answers still come. */
void agent_http_pause(struct agent_http *h, bool paused);
/* Hands nothing back any more and cancels what is under way; `closed` comes once, on a
 * later turn. */
void agent_http_close(struct agent_http *h, void (*closed)(void *who), void *who);

#endif
