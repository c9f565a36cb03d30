/* SPDX-License-Identifier: MIT */
/* http_connection.h - one accepted connection of http_server.h; for the files of the
 * server only.
 *
 * It reads requests one after the other, hands each to the server's owner as an exchange
 * (http_exchange.h writes the answer into `out`, http_output.h sends it), and sees to
 * deadlines, to the order of pipelined requests and to an end that does not cost the
 * client its answer.
 *
 * Nothing is sent and no callback is made from inside an owner's call: such calls only
 * mark the connection `dirty`, and http_connection_turn() does the rest once in a turn of
 * the loop. */
#ifndef HTTP_HTTP_CONNECTION_H
#define HTTP_HTTP_CONNECTION_H

#include "http_exchange.h"

#include <uv.h>

enum http_connection_state {
  HTTP_CONNECTION_READING,   /* between two requests, or in the middle of one */
  HTTP_CONNECTION_ANSWERING, /* the owner has the exchange */
  HTTP_CONNECTION_FINISHING, /* no more requests: what is written leaves, then our end */
  HTTP_CONNECTION_LINGERING, /* our end is said; what still comes is read and dropped */
  HTTP_CONNECTION_CLOSED     /* handles are closing */
};

struct http_connection {
  struct http_server *server;
  struct http_connection *next, **link; /* in the server's list until it is freed */
  uv_tcp_t tcp;
  uv_timer_t deadline; /* of the request being read, of idleness, of lingering */
  uv_timer_t watch;    /* of a write that does not move, of a half-closed client */
  uv_write_t write;
  uv_shutdown_t shutdown;
  unsigned open_handles;
  enum http_connection_state state;
  struct sockaddr_storage peer, local;

  struct http_parse *parse;
  struct http_exchange exchange;
  bool owned;       /* the exchange is in the owner's hands: memory stays */
  bool head_told;   /* on_head was asked about the request being read */
  bool asked_more;  /* 100 Continue was sent for it */
  int timed;        /* the parse state `deadline` runs for, -1: none */
  struct buf ahead; /* bytes that came after the request in hand */
  bool reading, peer_ended;
  bool refused;   /* over the limit: it is told so, and not counted */
  size_t dropped; /* bytes read and dropped at the end */

  struct buf out;     /* written by the owner, not yet handed to libuv */
  struct buf sending; /* in libuv's hands */
  bool in_flight;
  bool high;  /* the backlog was above the high mark: pipelined requests wait */
  bool dirty; /* http_connection_turn() has something to do */
  unsigned long long handed,
      watched; /* bytes ever written; those gone at the last look */
  unsigned watch_ms, still_ms;
};

/* Accepts from the listener.  `refused`: it gets 503 and no more. */
void http_connection_accept(struct http_server *s, uv_stream_t *listener, bool refused);
/* While `dirty`: asks the owner for more, sends, goes on to pipelined requests. */
void http_connection_turn(struct http_connection *c);
void http_connection_mark(struct http_connection *c); /* dirty */
/* Changes the state, and the deadline with it. */
void http_connection_enter(struct http_connection *c, enum http_connection_state state);
/* The owner ended its answer: the next request, or the end. */
void http_connection_answered(struct http_connection *c);
/* Closes it if it is idle. */
void http_connection_retire(struct http_connection *c);
/* Cuts it at once.  `tell`: on_gone comes if an answer was under way. */
void http_connection_cut(struct http_connection *c, bool tell);
void http_connection_close(struct http_connection *c, bool reset);

/* In http_server.c. */
const struct http_server_setup *http_server_settings(const struct http_server *s);
bool http_server_is_stopped(const struct http_server *s);
/* Memory for one read, the same for all connections: empty again before the next. */
uv_buf_t http_server_read_capacity(struct http_server *s);
void http_server_add(struct http_server *s, struct http_connection *c);
void http_server_drop(struct http_server *s,
                      struct http_connection *c); /* CLOSED: uncount */
void http_server_forget(struct http_server *s, struct http_connection *c); /* freed */
void http_server_mark(struct http_server *s); /* some connection is dirty */

#endif
