/* SPDX-License-Identifier: MIT */
/* claude_code_plan.h - how Claude Code is started for a request.
 *
 * The command line is that of TanStack's runner, in its order, with three differences:
 * the MCP configuration lies in the run's private folder; a system prompt goes by a file,
 * as one argument may be no longer than 128 KiB and everyone can read all arguments; and
 * --effort, which TanStack's runner does not know, comes last.
 *
 * Where somebody talks with it (plan_place.dialogue) the prompt is a line of a dialogue
 * (claude_dialogue.h), and stdin stays open.
 *
 * --setting-sources is "user,project", so that CLAUDE.md, AGENTS.md, commands and skills
 * of the workspace count (with "user" alone none of them does: seen).
 *
 * A prompt whose first character is '/' is a command, "@path" anywhere puts a file into
 * the request: a newline in front and a variable keep both from it.  Blanks alone and
 * more than 10 MiB on stdin are refused ("exceeds 10MB").  Seen with 2.1.332.  */
#ifndef AGENT_CLAUDE_CODE_PLAN_H
#define AGENT_CLAUDE_CODE_PLAN_H

#include "agent/harness.h"

extern const struct prompt_rules claude_code_prompt;

int claude_code_plan(const struct run_request *req, const struct bridge_address *bridge,
                     const struct plan_place *place, struct process_plan *out,
                     struct fault *f);

#endif
