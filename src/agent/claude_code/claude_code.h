/* SPDX-License-Identifier: MIT */
/* claude_code.h - Claude Code (`claude -p --output-format stream-json`), seen
 * with 2.1.332.
 *
 * Wire: one JSON object a line: system/init, stream_event (Messages API events, with
 * partial text), assistant (one line a content block), user (tool results), result.  See
 * the table in claude_code.c.  */
#ifndef AGENT_CLAUDE_CODE_H
#define AGENT_CLAUDE_CODE_H

#include "agent/harness.h"

extern const struct harness claude_code_harness;

#endif
