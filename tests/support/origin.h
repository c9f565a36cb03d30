/* SPDX-License-Identifier: MIT */
/* origin.h - for tests of HTTP clients: a server on the loop that counts whole requests
 * and then does with the connection whatever the test says, also what no good server
 * does. */
#ifndef SUPPORT_ORIGIN_H
#define SUPPORT_ORIGIN_H

#include "base/buf.h"
#include "http/http_parse.h"

#include <uv.h>

#define ORIGIN_CONNECTIONS 80

struct origin;

struct origin_connection {
  struct origin *origin;
  uv_tcp_t tcp;
  struct http_parse *parse;
  bool open;
};

struct origin {
  uv_loop_t *loop;
  uv_tcp_t listener;
  unsigned port;
  unsigned connections, requests; /* accepted; whole requests read */
  struct buf raw;                 /* every byte received */
  /* After each whole request; its parse is still in state DONE. */
  void (*how)(struct origin_connection *c);
  void *who; /* the test's own */
  struct origin_connection list[ORIGIN_CONNECTIONS];
};

void origin_open(struct origin *o, uv_loop_t *loop,
                 void (*how)(struct origin_connection *c), void *who);
/* Closes all and runs the loop until it is done. */
void origin_close(struct origin *o);
void origin_say(struct origin_connection *c, const char *text);
void origin_say_bytes(struct origin_connection *c,
                      struct span bytes); /* all, or the test fails */
void origin_hang_up(struct origin_connection *c, bool reset);

#endif
