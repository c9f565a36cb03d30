/* SPDX-License-Identifier: MIT */
/* http_server.h - an HTTP/1.1 server on the loop: accept, keep-alive, streamed answers.
 *
 * One request of a connection is handled at a time; pipelined ones wait their turn.
 *
 * `on_head` (may be NULL) comes when the headers are complete and before the body is
 * read: it may answer at once (401, 403), then the body is not read and the connection is
 * closed after the answer. `on_request` comes once for each request that on_head did not
 * answer, with its body. Whoever gets the exchange answers it once: http_reply(), or
 * http_begin() … http_end(). The exchange's pointer is dead after the answer's last byte
 * was handed over by http_end()/http_reply(), or after `on_gone`, whichever comes first;
 * on_gone comes at most once, never after the answer was ended.  Without an on_gone the
 * pointer stays good until the answer is ended or http_server_close(), and what is
 * written for a client that left is dropped.  No callback comes from inside a call on an
 * exchange.
 *
 * The client's end of input while an answer is under way means half-close, not gone: a
 * streamed answer gets a blank line at once (http_begin's `probe`), and a reset then
 * tells the truth.  A client that takes no byte for `write_stall_ms` is gone.  Slow
 * senders get 408.  The process must ignore SIGPIPE (io/signals.h).  */
#ifndef HTTP_HTTP_SERVER_H
#define HTTP_HTTP_SERVER_H

#include "base/buf.h"
#include "base/fault.h"
#include "http/http_parse.h"

struct uv_loop_s;
struct sockaddr;
struct http_server;
struct http_exchange;

struct http_server_setup {
  struct http_parse_limits limits;
  size_t connections;                                 /* more: answered 503 and closed */
  unsigned head_ms, body_ms, idle_ms, write_stall_ms; /* 0: never */
  /* May be NULL.  False: the connection gets 403 and no more. */
  bool (*on_accept)(void *who, const struct sockaddr *peer, const struct sockaddr *local);
  void (*on_head)(void *who, struct http_exchange *x);
  void (*on_request)(void *who, struct http_exchange *x);
  void *who;
};

/* `host` is an IP literal, port 0 lets the kernel pick.  Listens when it returns. */
struct http_server *http_server_open(struct uv_loop_s *loop, const char *host,
                                     unsigned port, const struct http_server_setup *setup,
                                     struct fault *f);
unsigned http_server_port(const struct http_server *s);
size_t http_server_connections(const struct http_server *s);
/* Connections with bytes that the other machine has not got yet. */
size_t http_server_unflushed(const struct http_server *s);
/* Stops accepting and closes idle connections; what runs goes on, and each connection is
 * closed after its answer. */
void http_server_stop(struct http_server *s);
/* Closes everything; what was not wholly sent is cut (reset), exchanges under way get
 * on_gone first. `closed` comes once, on a later turn; the server is freed by then. */
void http_server_close(struct http_server *s, void (*closed)(void *who), void *who);

const struct http_request *http_exchange_request(const struct http_exchange *x);
struct buf http_exchange_body(struct http_exchange *x); /* moves it out */
/* The other end's address, family AF_INET or AF_INET6. */
const struct sockaddr *http_exchange_peer(const struct http_exchange *x);
const struct sockaddr *http_exchange_local(const struct http_exchange *x);

/* Told once if the client goes away before the answer was ended.  From inside no other
 * call on x is allowed. */
void http_exchange_on_gone(struct http_exchange *x, void (*on_gone)(void *who),
                           void *who);
/* A streamed answer is best written when there is room for it: each http_wake() makes
 * on_writable come once, on this or a later turn of the loop, when the kernel has taken all
 * that was written before.  What it writes leaves in the same turn; who has more than
 * fits calls http_wake() from inside. */
void http_exchange_on_writable(struct http_exchange *x, void (*on_writable)(void *who),
                               void *who);
void http_wake(struct http_exchange *x);

struct http_answer {
  int status;
  const char *content_type;          /* NULL: none */
  const struct http_header *headers; /* more of them; may be NULL */
  size_t header_count;
  bool close; /* close the connection afterwards */
};
/* A whole answer with Content-Length. */
void http_reply(struct http_exchange *x, const struct http_answer *answer,
                struct span body);
/* A streamed answer: head flushed at once; chunked for HTTP/1.1, until close for 1.0.
 * `probe` (may be empty): bytes that may be sent at any time between two http_write()s to
 * find out if the client is there ("\n" for NDJSON). */
void http_begin(struct http_exchange *x, const struct http_answer *answer,
                struct span probe);
/* One chunk; no bytes: none.  Bytes written within one turn of the loop leave together.
 * Returns the backlog. */
size_t http_write(struct http_exchange *x, struct span bytes);
void http_end(struct http_exchange *x);
/* Cuts the connection (reset): the client sees a broken answer. No on_gone. */
void http_abort(struct http_exchange *x);

#endif
