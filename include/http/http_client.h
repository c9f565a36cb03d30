/* SPDX-License-Identifier: MIT */
/* http_client.h - HTTP(S) requests out, by libcurl's multi interface on the loop.
 *
 * One client for the process: its kept-alive connections are shared.  Each started
 * request has exactly one `on_done`, never from inside http_client_start() or
 * http_client_cancel(), also after a cancel (then with FAULT_CANCELLED).  The request
 * frees itself after on_done.
 *
 * A request body is never sent twice: libcurl repeats a POST by itself when a reused
 * connection dies without an answer, unless it cannot rewind the body; so the body is
 * given by a read callback with no way to seek, and curl then fails instead (seen
 * with 8.14.1).  Redirects are not followed, TLS is always verified, no proxy, no
 * cookies, no compression.
 *
 * A stream: with `on_piece` the body of a 2xx answer is not kept but handed out as it
 * comes, from the loop, never from inside these calls; on_done comes after the last
 * piece. At most LIMIT_STREAM_BYTES wait in between; http_client_pause() stops reading,
 * and the other side with it (back-pressure).  The body of any other status is kept as
 * usual.
 *
 * CA bundle: `ca_file` if given, else $SSL_CERT_FILE (a missing file there is an error),
 * else the first readable of the usual places; none: https fails with a text that says
 * so.  */
#ifndef HTTP_HTTP_CLIENT_H
#define HTTP_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/fault.h"
#include "http/http_call.h"

struct uv_loop_s;
struct http_client;
struct http_client_request;

struct http_client_setup {
  struct uv_loop_s *loop;
  const char *ca_file; /* NULL: look for it, see above */
};

struct http_client_answer {
  int status;       /* 0: no answer */
  struct buf *body; /* may be taken with buf_take() */
  struct span content_type;
  struct span session;     /* Mcp-Session-Id; empty: none */
  unsigned retry_after_ms; /* Retry-After in whole seconds, 0: none */
  /* False: certainly nothing of the request reached the other side (name resolution,
   * connect, TLS handshake). */
  bool maybe_sent;
  const struct fault *fault; /* NULL: an answer of whatever status is there */
};
typedef void http_client_done(void *who, struct http_client_answer *answer);

struct http_client *http_client_open(const struct http_client_setup *setup,
                                     struct fault *f);
struct http_client_request *http_client_start(struct http_client *c,
                                              const struct http_call *call,
                                              http_client_done *on_done, void *who,
                                              struct fault *f);
void http_client_cancel(struct http_client_request *r);
/* Streams only.  While paused neither a piece nor on_done comes, but after a cancel. */
void http_client_pause(struct http_client_request *r, bool paused);
/* Cancels all (their on_done come first), then closes.  `closed` comes once, on a later
 * turn. */
void http_client_close(struct http_client *c, void (*closed)(void *who), void *who);

#endif
