/* SPDX-License-Identifier: MIT */
/* http_answer.h - the bytes of an answer's head, and of the frames of its body.  Pure.
 *
 * Each function appends to `out`.  A head is http_answer_put_head(), then one of the
 * lines that tell the length, then the blank line; http_exchange.h puts them together.
 * Reason phrases are those of RFC 9110; a status without one gets the word "Status".  */
#ifndef HTTP_HTTP_ANSWER_H
#define HTTP_HTTP_ANSWER_H

#include "base/buf.h"
#include "http/http_parse.h"

struct http_answer {
  int status;
  const char *content_type;          /* NULL: none */
  const struct http_header *headers; /* more of them; may be NULL */
  size_t header_count;
  bool close; /* close the connection afterwards */
};

/* One header's line. */
void http_answer_put_header(struct buf *out, const struct http_header *header);
/* The status line and the headers: all but what tells the length and the blank line. */
void http_answer_put_head(struct buf *out, const struct http_answer *answer);
/* What a client of HTTP/1.<minor> must be told about the connection's future. */
void http_answer_put_connection(struct buf *out, bool close, int minor);
void http_answer_put_length(struct buf *out, size_t len);
/* False: no answer of this status has a body, nor a length. */
bool http_answer_has_body(int status);
/* "<length in hex>\r\n": what goes before a chunk's bytes; "\r\n" goes after them. */
void http_answer_put_chunk_head(struct buf *out, size_t len);

#endif
