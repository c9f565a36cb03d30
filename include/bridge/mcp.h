/* SPDX-License-Identifier: MIT */
/* mcp.h - the MCP conversation, without sockets.  Pure.
 *
 * mcp_take() reads one JSON-RPC message and says what to do.  Only tools/call needs the
 * outside world; everything else is answered on the spot.  Ids go back byte for byte (0,
 * "1" and 1 are three ids).  A tool that failed is a result with isError, never a
 * JSON-RPC error and never a 5xx: some agents repeat the call on those, and the tool
 * would run twice.
 *
 * Wire: modelcontextprotocol.io, revisions 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25
 * by `initialize`
 * ("legacy").  `server/discover` of 2026-07-28 is answered -32601 at once: claude and
 * grok probe with it before initialize.  */
#ifndef BRIDGE_MCP_H
#define BRIDGE_MCP_H

#include "base/buf.h"
#include "base/fault.h"
#include "request/tools.h"

enum mcp_verdict {
  MCP_ANSWERED, /* `reply` holds the whole JSON-RPC response */
  MCP_SILENT,   /* a notification or a stray response: HTTP 202, no body */
  MCP_CALL,     /* run `call`, then mcp_finish() */
  MCP_CANCEL    /* call->id_json names a call to give up; 202 */
};

#define MCP_SERVER_NAME                                                                  \
  "tanstack" /* so that tools show as mcp__tanstack__x, as the reference has it */

bool mcp_knows_version(struct span version); /* a legacy revision we speak */

struct mcp_call { /* owned: copies of what must outlive the request body */
  struct buf id_json, args_json, progress_token_json;
  const struct tool *tool; /* borrowed from tools */
};

/* `status` gets the HTTP status of an ANSWERED reply (200, or 400 for what is no JSON-RPC
 * at all). */
enum mcp_verdict mcp_take(const struct tools *tools, struct span message,
                          struct buf *reply, struct mcp_call *call, int *status);
struct tool_answer; /* tool_call.h */
void mcp_finish(const struct mcp_call *call, const struct tool_answer *answer,
                struct buf *reply);
/* notifications/progress with the call's token; `step` strictly increasing. */
void mcp_progress(const struct mcp_call *call, unsigned step, struct buf *message);
void mcp_call_free(struct mcp_call *call);

#endif
