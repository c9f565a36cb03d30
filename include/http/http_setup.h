/* SPDX-License-Identifier: MIT */
/* http_setup.h - what a server (http_server.h) and its connections are told: limits,
 * deadlines, and who answers.
 *
 * `on_head` (may be NULL) comes when the headers are complete and before the body is
 * read: it may answer at once (401, 403), then the body is not read and the connection is
 * closed after the answer.  `on_request` comes once for each request that on_head did not
 * answer, with its body.  `on_too_long` (may be NULL: then the server says 413) comes
 * instead of on_request, and of on_head too where the headers tell it already, when the
 * body is over its limit; it answers at once, and the connection is closed after it.  */
#ifndef HTTP_HTTP_SETUP_H
#define HTTP_HTTP_SETUP_H

#include "http/http_exchange.h"

struct http_server_setup {
  struct http_parse_limits limits;
  size_t connections;                                 /* more: answered 503 and closed */
  unsigned head_ms, body_ms, idle_ms, write_stall_ms; /* 0: never */
  /* May be NULL.  False: the connection gets 403 and no more. */
  bool (*on_accept)(void *who, const struct sockaddr *peer, const struct sockaddr *local);
  void (*on_head)(void *who, struct http_exchange *x);
  void (*on_request)(void *who, struct http_exchange *x);
  void (*on_too_long)(void *who, struct http_exchange *x);
  void *who;
};

#endif
