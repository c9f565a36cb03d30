/* SPDX-License-Identifier: MIT */
/* curl_headers.h - the header lines of one request of libcurl's; for http_client.c
 * only. */
#ifndef HTTP_CURL_HEADERS_H
#define HTTP_CURL_HEADERS_H

#include "base/buf.h"
#include "base/fault.h"

struct curl_slist;

/* Copies of the caller's ("Name: value", NULL-ended; NULL: none), without what curl would
 * add by itself.  Neighbours of names that mean nothing to curl are one node, with line
 * ends between them.  NULL and FAULT_BAD_INPUT: one holds a line end. */
struct curl_slist *curl_headers_new(const char *const *headers, struct fault *f);
/* Wipes them first: a bearer token may be among them. */
void curl_headers_free(struct curl_slist *headers);
/* If the line is Retry-After with seconds; curl's own reading of it is left out together
 * with its dates. */
void curl_headers_retry_after(struct span line, unsigned *ms);

/* If the line is Mcp-Session-Id: its value, in the place of an earlier one. */
void curl_headers_session(struct span line, struct buf *value);

#endif
