/* SPDX-License-Identifier: MIT */
/* http_connection.h - one accepted connection of http_server.h; for the files of the
 * server only.
 *
 * It reads requests one after the other, hands each to the server's owner as an exchange
 * (http_exchange.h writes the answer, http_output.h sends it), and sees to deadlines, to
 * the order of pipelined requests and to an end that does not cost the client its answer.
 *
 * Nothing is sent and no callback is made from inside an owner's call: such calls only
 * mark the connection `dirty`, and http_connection_turn() does the rest once in a turn of
 * the loop. */
#ifndef HTTP_HTTP_CONNECTION_H
#define HTTP_HTTP_CONNECTION_H

#include "http_connection_state.h"

/* For http_connection_accept(): one that is not yet accepted. */
struct http_connection *http_connection_new(uv_loop_t *loop,
                                            const struct http_connection_owner *owner,
                                            bool refused);
/* Accepts from the listener, or closes at once. */
void http_connection_accept(struct http_connection *c, uv_stream_t *listener);
/* While `dirty`: asks the owner for more, sends, goes on to pipelined requests. */
void http_connection_turn(struct http_connection *c);
/* Written bytes have not reached the other machine. */
bool http_connection_is_waiting(const struct http_connection *c);

#endif
