/* SPDX-License-Identifier: MIT */
/* http_exchange.h - one request in its owner's hands, and its answer; for the files of
 * the server only.  What owners may do with it is in http_server.h. */
#ifndef HTTP_HTTP_EXCHANGE_H
#define HTTP_HTTP_EXCHANGE_H

#include "http/http_server.h"

struct http_connection;

struct http_exchange {
  struct http_connection *connection;
  bool early;    /* handed out by on_head: the body was not read */
  bool begun;    /* http_begin() was called */
  bool chunked;  /* its writes are framed as chunks */
  bool bodyless; /* HEAD, 204, 304: what is written is dropped */
  bool close;    /* no other request after this one */
  struct buf probe;
  void (*on_gone)(void *who);
  void *gone_who;
  void (*on_writable)(void *who);
  void *room_who;
  bool woken; /* on_writable is due as soon as nothing is in flight */
};

/* A whole answer of the server's own, to a request that nobody gets to see. */
void http_exchange_put_answer(struct http_connection *c, const struct http_answer *answer,
                              struct span body);

#endif
