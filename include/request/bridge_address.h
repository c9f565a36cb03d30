/* SPDX-License-Identifier: MIT */
/* bridge_address.h - where an agent finds the host tools of its request.
 *
 * The bridge makes it and a harness tells it to its agent; neither knows the other.  */
#ifndef REQUEST_BRIDGE_ADDRESS_H
#define REQUEST_BRIDGE_ADDRESS_H

#include "base/buf.h"

/* The MCP server's name where a door has no other: tools show as mcp__tanstack__x, as
 * with TanStack's runner. */
#define BRIDGE_DEFAULT_NAME "tanstack"

struct bridge_address {
  struct span name;  /* MCP server name: tools show as mcp__<name>__<tool> */
  struct span url;   /* http://127.0.0.1:<port>/mcp */
  struct span token; /* never into argv, never into the log */
};

#endif
