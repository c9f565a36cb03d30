/* SPDX-License-Identifier: MIT */
/* gateway_call.h - one request of an agent on its way through the queue of files: room,
 * the request file, looks for the response file, the answer.
 *
 * Each call answers its exchange exactly once.  Before the request file is there a
 * failure is 502 (503: no room, or no memory); after that nobody knows what the host has
 * done, so that only what changes nothing (GET, HEAD, …) fails with 502, and everything
 * else with 409 and "outcome":"indeterminate".  A client that leaves does not end its
 * call: the host is at work on it.  */
#ifndef DOOR_GATEWAY_CALL_H
#define DOOR_GATEWAY_CALL_H

#include "gateway_settings.h"

#include <stdbool.h>

struct http_exchange;
struct uv_loop_s;
struct gateway_call;

struct gateway_calls { /* all that are under way */
  struct uv_loop_s *loop;
  const struct gateway_settings *settings;
  struct buf requests, responses; /* the two folders */
  size_t held;                    /* bytes, by Paperclip's own reckoning */
  struct gateway_call *first;
  size_t count;
  bool ending;
};

void gateway_calls_open(struct gateway_calls *g, struct uv_loop_s *loop,
                        const struct gateway_settings *settings);
void gateway_calls_close(struct gateway_calls *g); /* when there are none */
/* So many bytes more may be held (FAULT_BUSY: no). */
int gateway_calls_have_room(const struct gateway_calls *g, size_t bytes, struct fault *f);
/* Answers the request, which is whole, sooner or later.  */
void gateway_call_start(struct gateway_calls *g, struct http_exchange *x);
/* What is under way does not wait for its response any more. */
void gateway_calls_end(struct gateway_calls *g);
/* Before the server is closed: what is still under way ends without an answer. */
void gateway_calls_drop(struct gateway_calls *g);

/* {"error": …} with that status. */
void gateway_answer_error(struct http_exchange *x, int status, struct span text);

#endif
