/* SPDX-License-Identifier: MIT */
/* tool_server.h - the executor of tools that the orchestrator serves itself by MCP
 * (`bridge`, request/host_bridge.h).
 *
 * It is a client of that server, not a forwarder: what the agent asks of our bridge is
 * answered there, and only tools/call goes on to the server, each call once.  Wire:
 * streamable HTTP, POST to the url as it is (with its query), "authorization: Bearer
 * <token>", what the server's initialize gave as mcp-session-id and mcp-protocol-version,
 * traceparent if the run had one.  An answer is JSON or an event stream, which is left as
 * soon as the answer stands in it.
 *
 *   result             the tool's MCP result, its own bytes
 *   error -32700,      the tool did not run: this JSON-RPC error
 *   -32600 … -32602
 *   any other error,   Tool execution failed: remote tool "x" failed: …
 *   another status
 * A request of which certainly nothing arrived is TOOL_ATTEMPT_UNSENT.  */
#ifndef TOOL_TOOL_SERVER_H
#define TOOL_TOOL_SERVER_H

#include "tool/tool_executor.h"

tool_executor_claim tool_server_claim; /* for a source that has a server */

#endif
