/* SPDX-License-Identifier: MIT */
/* mcp_modern.h - revision 2026-07-28: what each request must say of itself, and
 * discovery.  Pure.
 *
 * It has no handshake and no session: every request carries its version and the client's
 * capabilities in params._meta, and its HTTP head repeats version, method and tool name
 * (mcp_mirror.h).  They are looked at in this order; the first that fails is the answer,
 * with HTTP 400:
 *   -32020  Mcp-Method is not the method
 *   -32602  _meta lacks protocolVersion or clientCapabilities
 *   -32020  MCP-Protocol-Version is not that of _meta
 *   -32022  the version is not served
 *   -32020  tools/call: Mcp-Name or Mcp-Param-* are not the body's
 * A method that is not served is -32601 with HTTP 404.
 *
 * Wire: modelcontextprotocol.io, specification/2026-07-28, basic/transports/
 * streamable-http and server/discover.  */
#ifndef BRIDGE_MCP_MODERN_H
#define BRIDGE_MCP_MODERN_H

#include "http/http_parse.h"
#include "mcp_message.h"
#include "request/tools.h"

#define MCP_MODERN_VERSION "2026-07-28"

/* Whether this request is of the modern era. */
bool mcp_modern_is(const struct mcp_message *m, struct span header_version);
/* True: the request may be served.  False: `reply` and `status` hold the refusal.
 * `versions` is the raw JSON array of all that are served. */
bool mcp_modern_check(const struct mcp_message *m, const struct http_request *head,
                      struct span versions, struct buf *reply, int *status);
/* The same for what only a known tool can tell: Mcp-Param-*.  `args` is the raw arguments
 * object. */
bool mcp_modern_check_call(const struct mcp_message *m, const struct http_request *head,
                           const struct tool *tool, struct span args, struct buf *reply,
                           int *status);
void mcp_modern_discover(struct span id, struct span server_name, struct span versions,
                         struct buf *reply);
void mcp_modern_list(struct span id, struct span server_name, struct span tools_json,
                     struct buf *reply);

#endif
