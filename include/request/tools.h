/* SPDX-License-Identifier: MIT */
/* tools.h - the host tools of one request, as the orchestrator described them.
 *
 * Wire (toolDescriptors): [{"name", "description"?, "inputSchema"?, "title"?,
 * "annotations"?, "outputSchema"?, "resultFormat"?: "text" | "mcp"}].  Read-only after
 * tools_read(); borrows the request's text.  Schemas and annotations are the sender's own
 * bytes; what an agent is offered of them: tool_offer.h.
 *
 * A tool has the host's name, which the orchestrator and the events see, and an alias for
 * the agent (tool_alias.h).  No alias is another tool's name or alias.  */
#ifndef REQUEST_TOOLS_H
#define REQUEST_TOOLS_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "request/tool_alias.h"

struct tool {
  struct span name, description, title; /* unescaped; "" when absent, or no text */
  /* Raw JSON of any kind, as it was sent; empty when absent or null. */
  struct span input_schema, output_schema, annotations;
  bool odd_title, odd_description; /* given, and no text */
  bool result_is_mcp; /* resultFormat "mcp": the result is an MCP result object */
  bool frontend;      /* the client of the run runs it (run/run_hold.h); set by a door */
  bool of_server;     /* it is the orchestrator's MCP server that runs it (`bridge`) */
  char alias[ALIAS_FORMS][TOOL_ALIAS_BYTES + 1];
};

struct tools; /* owned by the run request */

/* `descriptors`: the array inside `doc`, which was parsed with "inputSchema",
 * "outputSchema", "annotations" raw.  Errors: FAULT_BAD_INPUT in the words of TanStack's
 * runner: "run request: toolDescriptors must be a ToolDescriptor[]", and for a name given
 * twice "Cannot pass two tools named \"a\" in the same chat() call. Tool names in one
 * tools array must be unique."  Ours: a name above LIMIT_TOOL_NAME_BYTES or with control
 * characters; an inputSchema whose root says another type than object.  NULL
 * `descriptors`: no tools. */
struct tools *tools_read(struct json *doc, json_at descriptors, struct fault *f);
/* Adds the tools of an MCP server, an array as it tells them.  What cannot be offered is
 * left out: `left_out` gets a clause for each ("\"a\": that name is taken").  Pointers to
 * tools of before are no good any more.  FAULT_TOO_BIG: more than LIMIT_TOOLS. */
int tools_add(struct tools *t, struct json *doc, json_at list, struct buf *left_out,
              struct fault *f);
void tools_free(struct tools *t);
void tools_set_frontend(struct tools *t, size_t index);
size_t tools_count_frontend(const struct tools *t);
const struct tool *tools_find(const struct tools *t, struct span name);
/* By what an agent calls it: an alias of either form, else the host's name. */
const struct tool *tools_by_alias(const struct tools *t, struct span alias);
/* The host's name of the tool with that alias; `alias` itself when there is none (a
 * transcript is read without the tools). */
struct span tools_host_name(const struct tools *t, struct span alias);
size_t tools_count(const struct tools *t); /* NULL: 0 */
const struct tool *tools_at(const struct tools *t, size_t index);

#endif
