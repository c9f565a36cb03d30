/* SPDX-License-Identifier: MIT */
/* codex_aside.h - what Codex says of its model's answers: on stdout nothing before the
 * end of its turn, in its log on stderr, if it is asked for that, all (0.171.0).
 *
 *   event.name="codex.sse_event" event.kind=response.completed input_token_count=…
 *                                output_token_count=…    an answer is whole
 *   event.name="codex.tool_call_received", "codex.tool_result", "codex.api_request"
 *                                it goes on, or this answer will not be the last
 *
 * The part of the log that is asked for has no words of prompts, answers or tools.  It
 * comes from sub-agents, too.  Which words of stdout belong to which answer cannot be
 * known: it is another pipe.  */
#ifndef AGENT_CODEX_ASIDE_H
#define AGENT_CODEX_ASIDE_H

#include "agent/spending.h"
#include "base/process.h"
#include "request/run_request.h"

struct codex_aside {
  bool calls; /* the answer that is coming has called a tool */
};

/* Asks for it, where the request's budget needs that. */
void codex_aside_plan(const struct run_request *req, struct process_plan *out);
void codex_aside_read(struct codex_aside *c, struct span line, struct spending *s);

#endif
