/* SPDX-License-Identifier: MIT */
/* http_call.h - what is asked of another side by HTTP; http_client.h asks it.  */
#ifndef HTTP_HTTP_CALL_H
#define HTTP_HTTP_CALL_H

#include "base/buf.h"

struct budget;

/* How many of the bytes it took; the rest comes again on the next turn.  Lent for the
 * call. */
typedef size_t http_client_piece(void *who, struct span bytes);

struct http_call { /* all borrowed for the call to http_client_start() only: it copies */
  const char *method;
  const char *url;            /* http or https */
  const char *const *headers; /* "Name: value", NULL-ended */
  struct span body;
  unsigned connect_ms, total_ms; /* 0: no limit */
  size_t answer_ceiling;
  struct budget *budget;       /* what is sent and what comes is charged to it; NULL */
  http_client_piece *on_piece; /* NULL: the whole answer at the end */
};

#endif
