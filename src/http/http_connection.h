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

#include "http/http_setup.h"
#include "http_exchange_state.h"
#include "http_output.h"

#include <uv.h>

struct http_connection;

/* What its server hands a connection; one for all of them. */
struct http_connection_owner {
  const struct http_server_setup *setup;
  bool stopped; /* each connection ends after the answer in hand */
  char *bytes;  /* LIMIT_READ_BYTES for one read, empty again before the next */
  void (*on_dirty)(void *who);                             /* one has something to do */
  void (*on_closed)(void *who, struct http_connection *c); /* it counts no more */
  void (*on_freed)(void *who, struct http_connection *c);  /* its memory goes now */
  void *who;
};

enum http_connection_state {
  HTTP_CONNECTION_READING,   /* between two requests, or in the middle of one */
  HTTP_CONNECTION_ANSWERING, /* the owner has the exchange */
  HTTP_CONNECTION_FINISHING, /* no more requests: what is written leaves, then our end */
  HTTP_CONNECTION_LINGERING, /* our end is said; what still comes is read and dropped */
  HTTP_CONNECTION_CLOSED     /* handles are closing */
};

struct http_connection {
  const struct http_connection_owner *owner;
  struct http_connection *next, **link; /* in the server's list until it is freed */
  struct http_output output;
  uv_timer_t deadline; /* of the request being read, of idleness, of lingering */
  unsigned open;       /* the output and the deadline */
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
  bool dirty;     /* http_connection_turn() has something to do */
};

/* For http_connection_accept(): one that is not yet accepted. */
struct http_connection *http_connection_new(uv_loop_t *loop,
                                            const struct http_connection_owner *owner,
                                            bool refused);
/* Accepts from the listener.  A refused one gets 503 and no more. */
void http_connection_accept(struct http_connection *c, uv_stream_t *listener);
/* While `dirty`: asks the owner for more, sends, goes on to pipelined requests. */
void http_connection_turn(struct http_connection *c);
/* Closes it if it is idle. */
void http_connection_retire(struct http_connection *c);
/* Cuts it at once.  `tell`: on_gone comes if an answer was under way. */
void http_connection_cut(struct http_connection *c, bool tell);
void http_connection_close(struct http_connection *c, bool reset);

/* Written bytes have not reached the other machine. */
bool http_connection_is_waiting(const struct http_connection *c);

#endif
