/* SPDX-License-Identifier: MIT */
/* codex_tools.h - the items of Codex that are tool calls: what they are called, called
 * with, and give.
 *
 *   item               name                      arguments    result
 *   command_execution  its type                  command      aggregated_output,
 *                                                             exit_code, status
 *   file_change        its type                  changes      changes, status
 *   web_search         its type                  query        status: completed
 *   todo_list          its type                  none         items
 *   collab_tool_call   its tool                  prompt       receiver_thread_ids,
 *                                                             agents_states, status
 *   mcp_tool_call      its tool, as the host     its own      the error's words, else the
 *                      has it; of other servers  bytes        text blocks joined, else
 *                      than the bridge                        structured content, else
 *                      "mcp__<server>__<tool>"                the blocks of links and
 *                                                             resources, else the status
 * A status of "failed" or "declined" is a failed call.  */
#ifndef AGENT_CODEX_TOOLS_H
#define AGENT_CODEX_TOOLS_H

#include "base/json.h"
#include "event/event.h"
#include "request/tools.h"

/* For json_parse(): members that go out as the agent's own bytes. */
extern const char *const codex_tools_raw[];

struct codex_call {
  struct buf name, args, result; /* args: JSON */
  enum tool_origin origin;
  bool failed;
};
struct codex_bridge {
  struct span name;          /* of the MCP server; empty: BRIDGE_NAME */
  const struct tools *tools; /* the run's; NULL: a transcript */
};
/* False: the item is no tool call, or a search that does not say yet what for; `call`
 * needs no freeing then.  `done`: the item is completed. */
bool codex_tools_read(const struct json *doc, json_at item,
                      const struct codex_bridge *bridge, bool done,
                      struct codex_call *call);
void codex_call_free(struct codex_call *call);
/* CUSTOM file.changed {"path","kind","diff"} for each file of a file_change that went
 * well.  Codex tells no differences: "diff", which the published type asks for, is
 * empty. */
void codex_tools_tell_changes(const struct json *doc, json_at item,
                              struct events *events);

#endif
