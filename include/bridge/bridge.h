/* SPDX-License-Identifier: MIT */
/* bridge.h - the localhost MCP server of one run.
 *
 * It listens on 127.0.0.1 (on ::1 where there is no IPv4), on a port the kernel picks,
 * path /mcp, with a fresh 32-byte token; it listens before the agent is spawned, and
 * answers the handshake from memory. It knows tools and calls, never agents or events.
 *
 * The head of a request decides, before a byte of the body is looked at, in this order:
 *   403  Host or Origin is not a name of this machine
 *   404  another path than /mcp, .well-known too, token or not
 *   405  not a POST (Allow: POST)
 *   401  no bearer token, or another one, or two
 *   415  not application/json
 * After the body:
 *   404  a legacy request with an Mcp-Session-Id that is none of ours
 * Idle connections stay open as long as the bridge; but who says nothing at all is closed
 * after LIMIT_FIRST_BYTE_MS, and when all LIMIT_BRIDGE_CONNECTIONS are taken the one that
 * was silent longest makes room.  */
#ifndef BRIDGE_BRIDGE_H
#define BRIDGE_BRIDGE_H

#include "base/fault.h"
#include "request/bridge_address.h"
#include "request/tool_offer.h"
#include "tool/tool_call.h"

struct uv_loop_s;
struct bridge;

struct bridge_setup {
  struct uv_loop_s *loop;
  struct span name;               /* the MCP server's, not empty; outlives the bridge */
  const struct tool_offer *offer; /* likewise */
  const struct tool_route *route; /* likewise */
  struct budget *budget;          /* what it holds is charged to it; NULL: none */
  unsigned hold_ms, progress_ms;  /* 0: the defaults of limits.h */
  bool legacy_only;               /* no MCP 2026-07-28: for an agent that fails in it */
  /* A result was not what the tool's outputSchema promises (mcp_result.h): once a tool.
   * May be NULL. */
  void (*on_unstructured)(void *who, const struct tool *tool);
  void *who;
};

struct bridge_facts { /* for warnings and the report */
  unsigned long long requests;
  unsigned long long refused; /* with a 401 */
  bool listed;                /* an initialize, discover or tools/list was answered */
  unsigned long long calls;
  unsigned open_calls;
};

struct bridge *bridge_open(const struct bridge_setup *setup, struct fault *f);
struct bridge_address bridge_address(const struct bridge *b); /* lent */
struct bridge_facts bridge_facts(const struct bridge *b);
/* Cancels the calls in flight, cuts the connections, wipes the token.  `closed` comes
 * once, on a later turn. */
void bridge_close(struct bridge *b, void (*closed)(void *who), void *who);

#endif
