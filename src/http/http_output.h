/* SPDX-License-Identifier: MIT */
/* http_output.h - the stream of one connection and its writing half: what waits to be
 * sent, what is being sent, and a watch over a client that takes nothing.
 *
 * At most one write is in libuv's hands.  What is written meanwhile gathers in `out` and
 * goes as the next one, so that a turn with a thousand events costs one system call.
 *
 * Who uses the output is handed in (`calls`, `who`) and may change between two turns of
 * the loop: an upgraded connection goes on with the same stream, buffers and watch.  The
 * user reads from `tcp`, whose `data` is `who`.  No call comes from inside a function
 * here.  For the files of the server only; they read the fields, http_output.c and who
 * appends to `out` write them.  */
#ifndef HTTP_HTTP_OUTPUT_H
#define HTTP_HTTP_OUTPUT_H

#include "base/buf.h"

#include <uv.h>

struct http_output_calls {
  /* A write that the kernel did not take at once has left; nothing is in flight. */
  void (*on_sent)(void *who);
  /* The client was reset, or took no byte for the stall time: cut it. */
  void (*on_gone)(void *who);
  /* After http_output_end(): our end was said, or `failed`. */
  void (*on_ended)(void *who, bool failed);
  /* Once, after http_output_close(); nothing comes after it. */
  void (*on_closed)(void *who);
};

struct http_output {
  const struct http_output_calls *calls;
  void *who;
  uv_tcp_t tcp;
  uv_timer_t watch; /* of a write that does not move, of a half-closed client */
  uv_write_t write;
  uv_shutdown_t shutdown;
  unsigned open_handles;

  struct buf out;     /* written by the owner, not yet handed to libuv */
  struct buf sending; /* in libuv's hands */
  bool closed;
  bool in_flight;
  bool high;                  /* the backlog was above the high mark */
  bool half_closed;           /* the client said its end and still awaits an answer */
  unsigned stall_ms;          /* 0: never */
  unsigned long long written; /* bytes ever */
  unsigned long long watched; /* of them gone at the last look */
  unsigned watch_ms, still_ms;
};

void http_output_open(struct http_output *o, uv_loop_t *loop, unsigned stall_ms,
                      const struct http_output_calls *calls, void *who);
/* Takes the listener's next connection, and reads both its addresses.  False: the client
 * has gone already. */
bool http_output_accept(struct http_output *o, uv_stream_t *listener,
                        struct sockaddr_storage *peer, struct sockaddr_storage *local);
/* Closes the stream and the watch, with a reset if that is asked for; on_closed follows.
 * Once only. */
void http_output_close(struct http_output *o, bool reset);
void http_output_free(struct http_output *o); /* the buffers; after on_closed */

/* The user appended to `out`, which had `before` bytes. */
void http_output_grew(struct http_output *o, size_t before);
/* Gives `out` to the kernel unless a write is in flight.  False: the client is gone, or
 * more is unsent than LIMIT_HTTP_OUT_BYTES. */
bool http_output_flush(struct http_output *o);
/* Says our end; on_ended follows.  False: it cannot be said. */
bool http_output_end(struct http_output *o);

/* Written bytes that the kernel has not taken yet. */
size_t http_output_backlog(const struct http_output *o);
/* The kernel took bytes that the other machine has not acknowledged. */
bool http_output_is_unacknowledged(const struct http_output *o);
/* True once, when the backlog fell from above the high to below the low mark. */
bool http_output_has_drained(struct http_output *o);
/* Looks from time to time whether the client takes bytes and, half-closed, whether it is
 * there. */
void http_output_watch(struct http_output *o);

#endif
