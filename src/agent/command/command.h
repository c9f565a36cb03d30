/* SPDX-License-Identifier: MIT */
/* helper_command.h - any program as an agent: harnessOptions.command, an array of strings.
 *
 * The prompt (system prompts and earlier turns before it, as for every agent) comes by
 * its stdin.  With tools, MCP_BRIDGE_URL and MCP_BRIDGE_TOKEN in its environment say
 * where their MCP server is: streamable HTTP, the token as a bearer.  Exit status 0 is
 * success.
 *
 * harnessOptions.output: "text" (the default): stdout is one message, told line by line;
 * "ndjson": each line is an event of our own stream (command_events.h).  A recorded
 * transcript does not say which it is: its first line decides.  */
#ifndef AGENT_COMMAND_H
#define AGENT_COMMAND_H

#include "agent/harness.h"

extern const struct harness command_harness;

#endif
