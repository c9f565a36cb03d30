/* SPDX-License-Identifier: MIT */
/* client_transfer.h - one request of the HTTP client as curl sees it: the options of its
 * handle, the bytes that go out, and what comes of the answer.
 *
 * http_client.c says when it begins and ends.  */
#ifndef HTTP_CLIENT_TRANSFER_H
#define HTTP_CLIENT_TRANSFER_H

#include "base/fault.h"
#include "http/http_call.h"

#include <curl/curl.h>

struct client_transfer {
  CURL *easy; /* of the pool */
  struct curl_slist *headers;
  struct buf body, answer, session; /* session: Mcp-Session-Id */
  size_t sent;
  unsigned connect_ms, total_ms, retry_after_ms;
  bool streams; /* a good answer is handed out in pieces, as it comes */
  bool held;    /* curl holds bytes back until it is told to go on */
  char error[CURL_ERROR_SIZE];
  struct fault fault;             /* what is known of a failure before curl ends */
  void (*on_piece)(void *client); /* of a stream: there is one in `answer` */
  void *client;
};

/* `t` lies still from here on: the handle points into it.  FAULT_SYSTEM, or a header that
 * cannot be sent; client_transfer_free() either way. */
int client_transfer_make(struct client_transfer *t, CURL *easy,
                         const struct http_call *call, struct fault *f);
/* Only a good answer is a stream: of an error the words are wanted. */
bool client_transfer_is_stream(const struct client_transfer *t);
/* Curl gives what it held at once, from inside. */
void client_transfer_go_on(struct client_transfer *t);
/* How it went: `result` is curl's word.  0, or -1 with `fault` set. */
int client_transfer_end(struct client_transfer *t, CURLcode result, int *status);
/* All but the handle. */
void client_transfer_free(struct client_transfer *t);

#endif
