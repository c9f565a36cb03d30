/* SPDX-License-Identifier: MIT */
/* http_server.h - an HTTP/1.1 server on the loop: accept, keep-alive, streamed answers.
 *
 * The server hands each request to its owner (http_setup.h), who answers it
 * (http_exchange.h).  One request of a connection is handled at a time; pipelined ones
 * wait their turn.
 *
 * The client's end of input while an answer is under way means half-close, not gone: a
 * streamed answer gets a blank line at once (http_begin's `probe`), and a reset then
 * tells the truth.  A client that takes no byte for `write_stall_ms` is gone.  Slow
 * senders get 408.  The process must ignore SIGPIPE (io/signals.h).  */
#ifndef HTTP_HTTP_SERVER_H
#define HTTP_HTTP_SERVER_H

#include "base/fault.h"
#include "http/http_exchange.h"
#include "http/http_setup.h"

struct uv_loop_s;
struct http_server;

/* `host` is an IP literal, port 0 lets the kernel pick.  Listens when it returns. */
struct http_server *http_server_open(struct uv_loop_s *loop, const char *host,
                                     unsigned port, const struct http_server_setup *setup,
                                     struct fault *f);
unsigned http_server_port(const struct http_server *s);
/* Connections with bytes that the other machine has not got yet. */
size_t http_server_unflushed(const struct http_server *s);
/* How long the bodies that are being read will be together (http_request_announced). */
size_t http_server_awaited(const struct http_server *s);
/* Stops accepting and closes idle connections; what runs goes on, and each connection is
 * closed after its answer. */
void http_server_stop(struct http_server *s);
/* Closes everything; what was not wholly sent is cut (reset), exchanges under way get
 * on_gone first. `closed` comes once, on a later turn; the server is freed by then. */
void http_server_close(struct http_server *s, void (*closed)(void *who), void *who);

#endif
