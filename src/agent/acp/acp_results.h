/* SPDX-License-Identifier: MIT */
/* acp_results.h - what an ACP agent tells of a call after its arguments: what it prints,
 * the files it changes, its result.
 *
 * The text of a result, the first of these that is there:
 *   _meta.terminal_output.data, or the terminal_output_delta.data of all updates
 *   rawOutput: a string; MCP content; {"result":{"content"},"error"} (codex-acp);
 *              {"content"} or {"message"} (copilot); {"output"} (opencode, kilo, qwen-code;
 *              grok: {"output":{"OkayOutput"|"Error"}})
 *   content blocks of text; rawOutput as it is; text among other blocks; the status
 * Of a failed call a string in rawOutput gives way to content that says other words.
 * An exit code that is not 0 (_meta.terminal_exit, rawOutput.exitCode,
 * rawOutput.metadata.exit) is a last line "(exit code 3)", a signal "(signal SIGTERM)".
 *
 * Blocks {"type":"diff","path","oldText","newText"} are files that the agent says it has
 * changed; those of the newest update with any count, and an empty oldText is a new
 * file.  */
#ifndef AGENT_ACP_RESULTS_H
#define AGENT_ACP_RESULTS_H

#include "base/json.h"
#include "event/event.h"

struct acp_progress {           /* zeroed: nothing yet */
  struct buf terminal, changes; /* changes: JSON objects, each with a newline behind */
  struct buf signal;
  double exit;
  bool printed; /* it told of a terminal */
};

void acp_progress_hear(struct acp_progress *p, const struct json *doc, json_at update);
/* `silent`: no content is no text. */
void acp_progress_result(const struct acp_progress *p, const struct json *doc,
                         json_at update, bool silent, struct buf *out);
/* CUSTOM file.changed of each. */
void acp_progress_tell_changes(const struct acp_progress *p, struct events *events);
void acp_progress_free(struct acp_progress *p);

/* The text of content blocks; false when one of them is something else, or there are
 * none. `wrapped`: [{"type":"content","content":{block}}], as in a tool call. */
bool acp_blocks_text(const struct json *doc, json_at blocks, bool wrapped,
                     struct buf *out);

#endif
