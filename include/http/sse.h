/* SPDX-License-Identifier: MIT */
/* sse.h - writing event streams (text/event-stream).  Pure.
 *
 * One event is one write and one data line.  U+2028, U+2029 and U+0085 are escaped inside
 * it: several client parsers take them for line ends and hang.  Wire: the HTML standard,
 * server-sent events.  */
#ifndef HTTP_SSE_H
#define HTTP_SSE_H

#include "base/buf.h"

/* "event: message\ndata: <json>\n\n".  `json` is one JSON value; a newline between its
 * tokens becomes a blank. */
void sse_write_message(struct span json, struct buf *out);
/* "id: <number>\ndata: <json>\n\n": a client that comes again says the last id it had. */
void sse_write_numbered(unsigned long long number, struct span json, struct buf *out);

#endif
