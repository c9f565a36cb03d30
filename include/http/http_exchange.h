/* SPDX-License-Identifier: MIT */
/* http_exchange.h - one request in its owner's hands, and the answer to it.
 *
 * Whoever gets an exchange from the server (http_setup.h) answers it once: http_reply(),
 * or http_begin() ... http_end(), or http_upgrade() ... http_end().  The pointer is dead
 * after the answer's last byte was handed over by http_end() or http_reply(), or after
 * `on_gone`, whichever comes first; on_gone comes at most once, never after the answer
 * was ended.  Without an on_gone the pointer stays good until the answer is ended or
 * http_server_close(), and what is written for a client that left is dropped.  No
 * callback comes from inside a call on an exchange.  */
#ifndef HTTP_HTTP_EXCHANGE_H
#define HTTP_HTTP_EXCHANGE_H

#include "base/buf.h"
#include "http/http_answer.h"
#include "http/http_parse.h"

struct sockaddr;
struct http_exchange;

const struct http_request *http_exchange_request(const struct http_exchange *x);
struct buf http_exchange_body(struct http_exchange *x); /* moves it out */
/* The other end's address, family AF_INET or AF_INET6. */
const struct sockaddr *http_exchange_peer(const struct http_exchange *x);
const struct sockaddr *http_exchange_local(const struct http_exchange *x);

/* Told once if the client goes away before the answer was ended.  From inside no other
 * call on x is allowed. */
void http_exchange_on_gone(struct http_exchange *x, void (*on_gone)(void *who),
                           void *who);
/* A streamed answer is best written when the kernel has taken what was written before:
 * each http_wake() makes on_writable come once then, on this or a later turn of the loop.
 * What it writes leaves in the same turn; who has more than fits calls http_wake() from
 * inside. */
void http_exchange_on_writable(struct http_exchange *x, void (*on_writable)(void *who),
                               void *who);
void http_wake(struct http_exchange *x);

/* One more header of the answer that is to come, whoever gives it. */
void http_exchange_add_header(struct http_exchange *x, const struct http_header *header);
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
/* The connection leaves HTTP: 101 and the answer's headers, `connection: upgrade` among
 * them; then http_write() writes bytes as they are, until http_end() or http_abort(), and
 * what the client sends comes by on_input, as it comes.  No bytes: the client's end of
 * input, once; on_gone is told only of what breaks.  Only for an exchange that on_request
 * handed out. */
void http_upgrade(struct http_exchange *x, const struct http_answer *answer,
                  void (*on_input)(void *who, struct span bytes), void *who);
/* Cuts the connection (reset): the client sees a broken answer. No on_gone. */
void http_abort(struct http_exchange *x);

#endif
