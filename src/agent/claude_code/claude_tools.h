/* SPDX-License-Identifier: MIT */
/* claude_tools.h - the host tools as Claude Code names them, and which it has kept.
 *
 * Claude Code calls a tool of an MCP server mcp__<server>__<tool>.  One that it cannot
 * use it leaves out without a word, but its system/init line lists what it has.  */
#ifndef AGENT_CLAUDE_TOOLS_H
#define AGENT_CLAUDE_TOOLS_H

#include "agent/tool_lists.h"
#include "base/json.h"
#include "event/event.h"
#include "request/bridge_address.h"

struct claude_tools { /* all borrowed; zero: none */
  const struct tools *tools;
  const struct spans *disallowed;    /* of modelOptions */
  struct span server, prefix;        /* "tanstack", "mcp__tanstack__" */
  const struct mcp_servers *servers; /* that are not ours; NULL: none */
};

/* The caller frees `before`.  `bridge` NULL: there are no host tools. */
struct tool_spelling claude_tools_spelling(const struct run_request *req,
                                           const struct bridge_address *bridge);
/* `init` is a system/init line whose "tools" was kept raw.  CUSTOM runlet.warning
 * "tool-left-out" for each tool that is not in it, though its server is connected; but
 * not for those that disallowedTools may mean, nor for those of which that was said
 * before the start (NEEDS_PLAIN_PARAMETERS). */
void claude_tools_compare(const struct claude_tools *offered, const struct json *doc,
                          json_at init, struct events *events);
/* CUSTOM runlet.warning "mcp-server-unused" for each server that is not ours and, as the
 * line says, not connected. */
void claude_tools_warn_servers(const struct claude_tools *offered, const struct json *doc,
                               json_at init, struct events *events);

#endif
