/* SPDX-License-Identifier: MIT */
/* curl_pool.h - easy handles of libcurl, kept for the next request; for http_client.c
 * only.
 *
 * A new handle costs a call as much as the rest of it: some 40 KiB that are mapped,
 * cleared and unmapped again.  One that was given back keeps its memory and its options:
 * what all requests have in common is set once (HTTP/1.1 over http and https, verified
 * TLS, no redirects as a bearer must not travel, no signals, keep-alive), and
 * http_client.c sets all other options anew for each request.  */
#ifndef HTTP_CURL_POOL_H
#define HTTP_CURL_POOL_H

#include "base/limits.h"
#include "curl_loop.h"

#include <curl/curl.h>

struct curl_pool {        /* zeroed but for the loop: empty */
  struct curl_loop *loop; /* moves the transfers; it and ca_file outlive the pool */
  const char *ca_file;    /* NULL: none */
  unsigned count;
  CURL *idle[LIMIT_CLIENT_IDLE_HANDLES];
};

CURL *curl_pool_take(struct curl_pool *p); /* NULL: libcurl cannot make one */
/* It is in no multi handle any more; what its options point to may go after this.  Only
 * after a transfer that went well: of one that did not curl keeps that it is to be sent
 * again, and the next one fails for it. */
void curl_pool_give(struct curl_pool *p, CURL *easy);
void curl_pool_empty(struct curl_pool *p);

#endif
