/* SPDX-License-Identifier: MIT */
/* bridge_address.h - where an agent finds the host tools of its run: the MCP bridge.
 * Pure. */
#ifndef REQUEST_BRIDGE_ADDRESS_H
#define REQUEST_BRIDGE_ADDRESS_H

#include "base/buf.h"

/* The name TanStack's runner gives its MCP server, so that tools show as
 * mcp__tanstack__<tool>.  A run without another name has this one, and recorded
 * transcripts, which do not say it, are read with it. */
#define BRIDGE_NAME "tanstack"

struct bridge_address { /* borrowed */
  struct span name;     /* of the MCP server, as the agent is told it */
  struct span url;      /* http://127.0.0.1:<port>/mcp */
  struct span token;    /* never into argv, never into the log */
};

#endif
