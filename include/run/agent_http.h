/* SPDX-License-Identifier: MIT */
/* agent_http.h - HTTP between a run and its agent's own server on loopback.
 *
 * Carries out the calls of a harness's actions (agent/agent_actions.h) over http/http_client, and what
 * comes back is heard: an answer once, with its tag; of a stream each event (io/
 * sse_reader.h) and then its end.  A call that cannot be made, is cut off or answers more
 * than the ceiling is heard with status 0 and the words.  Only http://127.0.0.1:<port>/
 * is called: a harness takes the address from what its agent printed.  There is no
 * deadline for an answer but the run's own: a turn lasts as long as it lasts.  */
#ifndef RUN_AGENT_HTTP_H
#define RUN_AGENT_HTTP_H

#include "agent/harness.h"

struct uv_loop_s;
struct http_client;
struct agent_http;

struct agent_http_calls { /* from the loop, never from inside the calls below */
  void (*on_input)(void *who, const struct agent_input *input);
  void (*on_too_long)(void *who, size_t ceiling); /* one event; it is left out */
};

struct agent_http_setup {
  struct uv_loop_s *loop;
  struct http_client *client;
  size_t ceiling; /* of one event, and of one answer */
  const struct agent_http_calls *calls;
  void *who;
};

struct agent_http *agent_http_open(const struct agent_http_setup *setup);
/* Takes the calls out of the actions and starts them. */
void agent_http_send(struct agent_http *l, struct agent_actions *actions);
/* Streams are not read meanwhile, and their server feels it; answers still come. */
void agent_http_pause(struct agent_http *l, bool paused);
/* Nothing is heard any more.  What is under way is cancelled; `closed` comes on a later
 * turn, once. */
void agent_http_close(struct agent_http *l, void (*closed)(void *who), void *who);

#endif
