/* SPDX-License-Identifier: MIT */
/* http_exchange_state.h - the inside of an exchange; for the files of the server only.
 *
 * The connection fills it in, the exchange writes the answer into the connection's
 * output.  What else it has to do to the connection goes through `calls`.  */
#ifndef HTTP_HTTP_EXCHANGE_STATE_H
#define HTTP_HTTP_EXCHANGE_STATE_H

#include "base/buf.h"
#include "http_output.h"

struct http_answer;
struct http_parse;
struct sockaddr;

/* What an exchange asks of its connection. */
struct http_exchange_calls {
  void (*on_dirty)(void *who); /* there is something to send, or to ask the owner for */
  bool (*is_last)(const void *who); /* no other request will be taken after this one */
  void (*on_answered)(void *who);   /* comes last: the exchange may be gone with it */
  void (*on_abort)(void *who);      /* the same */
};

struct http_exchange {
  const struct http_exchange_calls *calls;
  void *who; /* of the calls */
  struct http_output *output;
  struct http_parse *parse; /* where the request is */
  const struct sockaddr *peer, *local;
  bool early;    /* handed out by on_head: the body was not read */
  bool lost;     /* the connection is closed: what is written is dropped */
  bool begun;    /* http_begin() was called */
  bool chunked;  /* its writes are framed as chunks */
  bool bodyless; /* HEAD, 204, 304: what is written is dropped */
  bool close;    /* no other request after this one */
  struct buf probe;
  struct buf extra; /* lines of the answer's head */
  void (*on_gone)(void *who);
  void *gone_who;
  void (*on_writable)(void *who);
  void *writable_who;
  void (*on_input)(void *who, struct span bytes); /* set: it is upgraded */
  void *input_who;
  bool end_told; /* on_input heard of the client's end */
  bool woken;    /* on_writable is due as soon as nothing is in flight */
};

/* A whole answer of the server's own, to a request that nobody gets to see. */
void http_exchange_put_answer(struct http_output *output,
                              const struct http_answer *answer, struct span body);
/* Calls on_writable, if the owner was woken and nothing is in flight. */
void http_exchange_ask(struct http_exchange *x);

#endif
