/* SPDX-License-Identifier: MIT */
/* http_output.h - the writing half of a connection; for the files of the server only.
 *
 * At most one write is in libuv's hands.  What is written meanwhile gathers in `out` and
 * goes as the next one, so that a turn with a thousand events costs one system call. */
#ifndef HTTP_HTTP_OUTPUT_H
#define HTTP_HTTP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct http_connection;

/* Sends `out`; when a finishing connection has nothing left, says our end and lingers. */
void http_output_flush(struct http_connection *c);
/* on_writable, if the owner was woken and nothing is in flight. */
void http_output_ask(struct http_connection *c);
/* Pipelined requests go on if the backlog fell from above the high to below the low mark.
 */
void http_output_tell_drain(struct http_connection *c);
/* Looks from time to time whether the client takes bytes and, half-closed, whether it is
 * there. */
void http_output_watch(struct http_connection *c);
/* Written bytes that the kernel has not taken yet. */
size_t http_output_backlog(const struct http_connection *c);
/* Written bytes have not reached the other machine. */
bool http_output_is_waiting(const struct http_connection *c);

#endif
