/* SPDX-License-Identifier: MIT */
/* ws_socket.h - a WebSocket (RFC 6455) on a connection of our server: text messages both
 * ways, pings, and an end that both sides know of.
 *
 * It is opened in answer to a request that the server handed out whole (on_request of
 * http_setup.h).  No extension and no subprotocol is agreed to: an offer is not answered.
 * Fragments are put together, pings answered.  What the client may not do ends the socket
 * with its code: 1002 a broken frame, 1003 a binary message, 1007 text that is not UTF-8,
 * 1009 a message over `message_bytes`.
 *
 * The owner gets any number of on_message and on_writable, then on_close once; with it
 * the pointer is dead.  No callback comes from inside a call on the socket, and each call
 * is allowed from inside each callback but on_close.  What is sent in one turn of the
 * loop leaves together.  */
#ifndef HTTP_WS_SOCKET_H
#define HTTP_WS_SOCKET_H

#include "http/ws_frame.h"

struct http_exchange;
struct ws_socket;

struct ws_socket_setup {
  size_t message_bytes; /* one message of the client, fragments together */
  unsigned ping_ms;     /* so long nothing came: a ping; so long again: gone.  0: never */
  /* For the client's answer to our close; then the connection is cut. */
  unsigned close_ms;
  /* One whole message, valid UTF-8, lent for the call; none after ws_socket_close(). */
  void (*on_message)(void *who, struct span text);
  /* See ws_socket_wake(); may be NULL. */
  void (*on_writable)(void *who);
  /* How the client ended it (its code and reason), or with which code we did because of
   * what it sent; WS_BROKEN if there was no close in time. */
  void (*on_close)(void *who, unsigned code, struct span reason);
  void *who;
};

/* Answers the request: 101 and the socket, or NULL, and the exchange has got its 400,
 * 405 or 426.  In both cases the exchange is no longer the caller's.  The setup is
 * copied. */
struct ws_socket *ws_socket_open(struct http_exchange *x,
                                 const struct ws_socket_setup *setup);
/* One text message, which must be UTF-8; dropped once the socket is closing.  Returns
 * the backlog, bytes that the kernel has not taken yet: above LIMIT_SINK_HIGH_BYTES wait
 * for on_writable.  A socket with more than LIMIT_HTTP_OUT_BYTES of it is cut. */
size_t ws_socket_send(struct ws_socket *s, struct span text);
/* on_writable comes once, on this or a later turn of the loop, when the kernel has taken
 * what was sent before; who has more than fits calls this again from inside. */
void ws_socket_wake(struct ws_socket *s);
/* What was sent before still leaves, then our close; on_close comes when the client has
 * answered it, after close_ms at the latest.  The reason is cut to 123 bytes.  Again:
 * does nothing. */
void ws_socket_close(struct ws_socket *s, unsigned code, const char *reason);
/* Lets go of it at once: nothing more comes, the pointer is dead, and the connection is
 * cut. */
void ws_socket_cut(struct ws_socket *s);

#endif
