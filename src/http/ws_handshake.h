/* SPDX-License-Identifier: MIT */
/* ws_handshake.h - is a request the opening of a WebSocket, and what proves that we
 * understood it (RFC 6455, section 4.2).  */
#ifndef HTTP_WS_HANDSHAKE_H
#define HTTP_WS_HANDSHAKE_H

#include "http/http_answer.h"
#include "http/http_parse.h"

enum { WS_ACCEPT_BYTES = 29 }; /* base64 of a SHA-1, and the NUL */

struct ws_handshake {
  int status;                   /* 101, or what to refuse it with: 400, 405, 426 */
  const char *reason;           /* refused: why */
  struct http_header header;    /* refused: what the client needs to know; may be empty */
  char accept[WS_ACCEPT_BYTES]; /* Sec-WebSocket-Accept */
};

struct ws_handshake ws_handshake_check(const struct http_request *r);

#endif
