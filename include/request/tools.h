/* SPDX-License-Identifier: MIT */
/* tools.h - the host tools of one request, as the orchestrator described them.
 *
 * Wire (toolDescriptors): [{"name", "description"?, "inputSchema"?, "title"?,
 * "annotations"?, "outputSchema"?, "resultFormat"?: "text" | "mcp"}].  Read-only after
 * tools_read(); borrows the request's text.  Schemas and annotations are the sender's own
 * bytes; a schema that is not an object with "type":"object" is replaced by
 * {"type":"object","properties":{}}.  The text of tools/list is made once, here.  */
#ifndef REQUEST_TOOLS_H
#define REQUEST_TOOLS_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"

struct tool {
  struct span name, description, title;   /* unescaped; description "" when absent */
  struct span input_schema;               /* raw JSON object */
  struct span output_schema, annotations; /* raw JSON, empty when absent */
  bool result_is_mcp; /* resultFormat "mcp": the result is an MCP result object */
};

struct tools; /* owned by the run request */

/* `descriptors`: the array inside `doc`, which was parsed with "inputSchema",
 * "outputSchema", "annotations" raw.  Errors: FAULT_BAD_INPUT in the words of TanStack's
 * runner: "run request: toolDescriptors must be a ToolDescriptor[]", and for a name given
 * twice "Cannot pass two tools named \"a\" in the same chat() call. Tool names in one
 * tools array must be unique."  NULL `descriptors`: no tools. */
struct tools *tools_read(struct json *doc, json_at descriptors, struct fault *f);
void tools_free(struct tools *t);
const struct tool *tools_find(const struct tools *t, struct span name);
size_t tools_count(const struct tools *t); /* NULL: 0 */
const struct tool *tools_at(const struct tools *t, size_t index);
/* The JSON array of MCP tool objects for tools/list, in descriptor order, made once, on
 * one line (line ends between the tokens of a schema become blanks).  outputSchema is
 * listed only with resultFormat "mcp": clients that see one refuse plain text. */
struct span tools_list_json(const struct tools *t);

#endif
