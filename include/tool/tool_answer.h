/* SPDX-License-Identifier: MIT */
/* tool_answer.h - what an orchestrator's answer means to the agent.  Pure.
 *
 *   2xx {"result": any JSON}        the result, its own bytes
 *   2xx other JSON                  Tool execution failed: remote tool "x": malformed
 *                                   orchestrator response
 *   2xx, no JSON                    Tool execution failed: remote tool "x": the
 *                                   orchestrator's answer is not JSON: why
 *   202, or 2xx {"pending":true,…}  ask again after retryAfterMs, else Retry-After, else
 *                                   LIMIT_TOOL_PENDING_MS; never sooner than
 *                                   LIMIT_TOOL_PENDING_MIN_MS
 *   {"error":{"code","message"}},   the tool did not run: a JSON-RPC error, if the tool
 *   not 5xx                         takes MCP results
 *   anything else                   Tool execution failed: remote tool "x" failed: 500
 *                                   and the body's first LIMIT_TOOL_ERROR_CHARS
 * Where TanStack's runner has words for it, these are they.  Bytes that are no UTF-8
 * become U+FFFD.  */
#ifndef TOOL_TOOL_ANSWER_H
#define TOOL_TOOL_ANSWER_H

#include "base/buf.h"

struct tool_answer {   /* exactly one of the first four; all lent */
  struct span result;  /* raw JSON */
  struct span failure; /* text for the agent, "Tool execution failed: …" */
  struct span error;   /* raw {"code","message","data"?} */
  bool cancelled;      /* nobody waits for it */
  /* What the spans lie in, which may be many MiB: who is done with them may free it at
   * once.  NULL: it is somebody else's. */
  struct buf *memory;
};

enum tool_outcome { TOOL_RESULT, TOOL_FAILED, TOOL_PENDING, TOOL_ERROR };

struct tool_reply { /* one HTTP answer */
  struct span tool; /* its name */
  bool takes_mcp;   /* resultFormat "mcp" */
  int status;
  struct span body;
  unsigned retry_after_ms; /* from the header; 0: none */
};
/* `text` holds what is not in the answer itself: texts of ours, and a body that had to be
 * repaired.  `retry_ms` is set for TOOL_PENDING only. */
enum tool_outcome tool_answer_read(const struct tool_reply *reply,
                                   struct tool_answer *answer, struct buf *text,
                                   unsigned *retry_ms);
/* "Tool execution failed: <why>". */
void tool_answer_fail(struct tool_answer *answer, struct buf *text, const char *why);

#endif
