/* SPDX-License-Identifier: MIT */
/* mcp_mirror.h - HTTP header values that repeat parts of an MCP request's body
 * (2026-07-28).  Pure.
 *
 * A value is plain visible ASCII, or "=?base64?…?=" around the base64 of its UTF-8 bytes.
 * A tool's schema may name parameters ("x-mcp-header":"Region") that a client repeats as
 * Mcp-Param-Region: strings as they are, booleans as true and false, integers in decimal
 * and compared as numbers.  Absent and null parameters have no header.  Parameters are
 * found through chains of "properties" only; an annotation anywhere else is none.  */
#ifndef BRIDGE_MCP_MIRROR_H
#define BRIDGE_MCP_MIRROR_H

#include "base/buf.h"
#include "base/fault.h"
#include "http/http_parse.h"

/* Appends what the value means to `plain`.  False: a byte that may not be there, or bad
 * base64. */
bool mcp_mirror_decode(struct span value, struct buf *plain);
/* The one header `name` says `body`.  -1 with a text that names the header otherwise. */
int mcp_mirror_check(const struct http_request *head, const char *name, bool may_encode,
                     struct span body, struct fault *f);
/* Every annotated parameter of `schema` that `args` has. */
int mcp_mirror_check_params(const struct http_request *head, struct span schema,
                            struct span args, struct fault *f);

#endif
