/* SPDX-License-Identifier: MIT */
/* http_parse.h - bytes to one HTTP/1.x request at a time.  Pure (llhttp, no sockets).
 *
 * The limits hold before memory is taken: request line and headers together, their count,
 * the body.  Any chunking of the input gives the same result.  Bytes after the end of a
 * request are not consumed, so that pipelined requests are answered in order.  Refused
 * with 400: what llhttp refuses in strict mode (two Content-Length values, Content-Length
 * with Transfer-Encoding, bare CR, obsolete folding, a control byte in a header),
 * HTTP/0.9, a missing or repeated Host in 1.1, a transfer coding other than `chunked`.
 * Other versions: 505.  An absolute-form target is cut to its path.  `Upgrade` (with
 * `Connection: upgrade`) is noted, and the request is one like any other; trailers are
 * dropped.  */
#ifndef HTTP_HTTP_PARSE_H
#define HTTP_HTTP_PARSE_H

#include "base/buf.h"

struct http_header {
  struct span name, value; /* value without surrounding white space */
};

struct http_request {
  struct span method, target;
  struct http_header *headers;
  size_t header_count;
  struct buf body; /* http_parse_body() moves it out */
  int minor;       /* HTTP/1.<minor> */
  bool keep_alive, expects_continue, upgrade;
};

/* The value of the first header of that name (any case); empty when absent. */
struct span http_request_header(const struct http_request *r, const char *name);
/* The same of one that is a list (Accept): several lines of it are one list, which is put
 * together in `joined`; a single line is borrowed from the request. */
struct span http_request_header_list(const struct http_request *r, const char *name,
                                     struct buf *joined);
size_t http_request_header_count(const struct http_request *r, const char *name);
/* How long its body will be, by its headers; one in chunks may have `limit`. */
size_t http_request_announced(const struct http_request *r, size_t limit);

struct http_parse_limits {
  size_t header_bytes, header_count, body_bytes;
};

enum http_parse_state {
  HTTP_PARSE_START, /* no byte of a request yet */
  HTTP_PARSE_HEAD,  /* in the request line or the headers */
  HTTP_PARSE_BODY,  /* headers complete: the request may be read, its body grows */
  HTTP_PARSE_DONE,  /* one whole request is there */
  HTTP_PARSE_FAILED /* http_parse_status() tells what to answer; nothing more is read */
};

struct http_parse;

struct http_parse *http_parse_new(const struct http_parse_limits *limits);
/* What it holds of requests is charged to it from now on (base/budget.h). */
void http_parse_charge(struct http_parse *p, struct budget *budget);
void http_parse_free(struct http_parse *p);
/* Takes bytes; returns how many were consumed.  Stops at the end of the headers (state
 * BODY, so that the owner may refuse before the body) and at the end of the request
 * (state DONE).  Call again with the rest to go on, also when it is empty: a request
 * without a body is DONE only then. */
size_t http_parse_add(struct http_parse *p, struct span bytes);
enum http_parse_state http_parse_state(const struct http_parse *p);
const struct http_request *http_parse_request(const struct http_parse *p);
struct buf http_parse_body(struct http_parse *p);  /* moves the body out */
int http_parse_status(const struct http_parse *p); /* FAILED: 400, 413, 431, 505 */
const char *http_parse_reason(const struct http_parse *p);
/* Ready for the next request on the connection. */
void http_parse_next(struct http_parse *p);

#endif
