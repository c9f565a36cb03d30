/* SPDX-License-Identifier: MIT */
/* http_header.h - what stands in header values, read and written.  Pure.  */
#ifndef HTTP_HTTP_HEADER_H
#define HTTP_HTTP_HEADER_H

#include "base/buf.h"

/* Does this Accept value name the media type ("text/event-stream")?  The letters' case
 * does not matter, nor what stands around it: quality values are not weighed. */
bool http_header_accepts(struct span accept, const char *type);
enum http_stream_type { HTTP_STREAM_NONE, HTTP_STREAM_NDJSON, HTTP_STREAM_SSE };
/* In which of the two forms a stream of events goes out for this Accept value: SSE where
 * text/event-stream (or text/ and a star) weighs at least as much as
 * application/x-ndjson, application/json and the stars; lines where that is not so, or
 * there is no Accept; NONE when it takes neither.  What names a type more exactly rules
 * over what names it less (RFC 9110, 12.5.1), so a weight of 0 excludes. */
enum http_stream_type http_header_stream_type(struct span accept);
/* Appends the value with `instead` in the place of each control character: what came from
 * outside must not be able to end the line and add a header of its own. */
void http_header_put_value(struct buf *out, struct span value, char instead);

#endif
