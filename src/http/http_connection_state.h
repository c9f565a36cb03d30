/* SPDX-License-Identifier: MIT */
/* http_connection_state.h - what a connection is and which state it is in, its deadlines
 * and its end; for http_connection.c and http_server.c only.
 *
 * Nothing is read, parsed or sent here: a change of state only marks the connection
 * dirty, and http_connection_turn() acts on it.  */
#ifndef HTTP_HTTP_CONNECTION_STATE_H
#define HTTP_HTTP_CONNECTION_STATE_H

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
  bool refused; /* over the limit: not counted, and served only what is spared */
  bool spoke;   /* a byte has come */
  unsigned long long alive_ms; /* uv_now() when it last sent or took something */
  size_t dropped;              /* bytes read and dropped at the end */
  bool dirty;                  /* http_connection_turn() has something to do */
};

/* There is something to send, or to parse: the server's turn will come by. */
void http_connection_mark(struct http_connection *c);
/* A closed one stays closed. */
void http_connection_enter(struct http_connection *c, enum http_connection_state state);
/* Answers for the server itself, then FINISHING. */
void http_connection_refuse(struct http_connection *c, int status, const char *reason);
/* The deadline of what is awaited now: a request, the rest of its head, of its body. */
void http_connection_arm(struct http_connection *c);
/* Whether it may make room for another, as far as we know before a look at its socket. */
bool http_connection_is_silent(const struct http_connection *c);
/* Closes it if it is idle. */
void http_connection_retire(struct http_connection *c);
/* Cuts it at once.  `tell`: on_gone comes if an answer was under way. */
void http_connection_cut(struct http_connection *c, bool tell);
void http_connection_close(struct http_connection *c, bool reset);
/* The output or the deadline is closed; with the last of them the memory may go. */
void http_connection_part_closed(struct http_connection *c);
/* Frees it, unless something still holds it. */
void http_connection_free(struct http_connection *c);

#endif
