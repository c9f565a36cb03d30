/* SPDX-License-Identifier: MIT */
/* host.h - for tests: an orchestrator on the loop that answers tool calls as it is told,
 * and a client to reach it. */
#ifndef SUPPORT_HOST_H
#define SUPPORT_HOST_H

#include "base/buf.h"

#include <uv.h>

#define HOST_HELD 64

struct host {
  uv_loop_t *loop;
  struct http_server *server;
  struct http_client *client;
  char url[64];

  int status;        /* of each answer; 200 */
  const char *body;  /* of each answer; NULL: {"result":<args>} */
  unsigned failures; /* so many requests are cut without an answer first */
  bool hold;         /* answers wait for host_release() */

  unsigned requests, gone; /* gone: callers that hung up before their answer */
  struct buf last_body, last_head, attempts; /* attempts: "<call id> <attempt>\n" each */
  struct {
    struct host *host;
    struct http_exchange *exchange; /* NULL: gone or answered */
    struct buf body;
  } held[HOST_HELD];
  unsigned held_count;
  bool server_closed, client_closed;
};

void host_open(struct host *h, uv_loop_t *loop);
void host_release(struct host *h); /* answers all that wait, and no longer holds */
void host_wait_requests(struct host *h, unsigned count);
void host_wait_gone(struct host *h, unsigned count);
void host_close(struct host *h); /* runs the loop until both are closed */

#endif
