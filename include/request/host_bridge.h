/* SPDX-License-Identifier: MIT */
/* host_bridge.h - the MCP server by which an orchestrator serves its tools itself, as a
 * request names it: `bridge` {"name"?,"url","token","direct"?}.
 *
 * Its tools are offered by our own bridge, so that the token never comes near the agent;
 * `direct`: the agent is given the server as it is.  */
#ifndef REQUEST_HOST_BRIDGE_H
#define REQUEST_HOST_BRIDGE_H

#include "base/buf.h"

#include <stdbool.h>

struct host_bridge {            /* spans are the request's */
  struct span name, url, token; /* url empty: there is none */
  bool direct;
};

/* Can an agent be given an MCP server of that name? */
bool host_bridge_name_good(struct span name);

#endif
