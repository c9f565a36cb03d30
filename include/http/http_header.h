/* SPDX-License-Identifier: MIT */
/* http_header.h - what stands in header values, read and written.  Pure.  */
#ifndef HTTP_HTTP_HEADER_H
#define HTTP_HTTP_HEADER_H

#include "base/buf.h"

/* Does this Accept value name the media type ("text/event-stream")?  The letters' case
 * does not matter, nor what stands around it: quality values are not weighed. */
bool http_header_accepts(struct span accept, const char *type);
/* Appends the value with `instead` in the place of each control character: what came from
 * outside must not be able to end the line and add a header of its own. */
void http_header_put_value(struct buf *out, struct span value, char instead);

#endif
