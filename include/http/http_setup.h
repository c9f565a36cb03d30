/* SPDX-License-Identifier: MIT */
/* http_setup.h - what a server (http_server.h) and its connections are told: limits,
 * deadlines, and who answers.
 *
 * `on_head` (may be NULL) comes when the headers are complete and before the body is
 * read: it may answer at once (401, 403), then the body is not read and the connection is
 * closed after the answer.  `on_request` comes once for each request that on_head did not
 * answer, with its body.  `on_too_long` (may be NULL: then the server says 413) comes
 * instead of on_request, and of on_head too where the headers tell it already, when the
 * body is over its limit; it answers at once, and the connection is closed after it.
 *
 * When `connections` are open the one that has shown no life for longest makes room, if
 * it is between two requests, or its request is not whole, or its last answer is out.
 * Where all are at work the new one is over the limit: LIMIT_REFUSED of such are heard
 * for LIMIT_REFUSED_MS, what `is_spared` says yes to is served, all else is told 503.  */
#ifndef HTTP_HTTP_SETUP_H
#define HTTP_HTTP_SETUP_H

#include "http/http_exchange.h"

struct http_server_setup {
  struct http_parse_limits limits;
  size_t connections; /* more: see above */
  /* Until the first byte, the rest of the head, each byte of the body, the next request,
   * each byte that the client takes.  0: never */
  unsigned first_ms, head_ms, body_ms, idle_ms, write_stall_ms;
  struct budget *budget; /* what connections hold is charged to it; NULL: none */
  bool for_agents;       /* the last descriptors are not for it (io/descriptors.h) */
  /* May be NULL: nothing is.  By the head alone. */
  bool (*is_spared)(void *who, const struct http_request *r);
  /* May be NULL.  False: the connection is reset at once. */
  bool (*on_accept)(void *who, const struct sockaddr *peer, const struct sockaddr *local);
  void (*on_head)(void *who, struct http_exchange *x);
  void (*on_request)(void *who, struct http_exchange *x);
  void (*on_too_long)(void *who, struct http_exchange *x);
  void *who;
};

#endif
