/* SPDX-License-Identifier: MIT */
/* prompt.h - messages to one prompt text, the same for every agent.
 *
 * The last message must be a user's with text that is not blank, else FAULT_BAD_INPUT
 * "<adapter> adapter requires a trailing user message with text content." (adapter:
 * "Claude Code"). Resuming a session: the trimmed last text alone.  Else earlier user and
 * assistant turns with text are put before it: Previous conversation:\nUser:
 * q1\nAssistant: a1\n\nq2 With `system_first` the system prompts (blank ones left out)
 * come first, each followed by a blank line; agents that have a flag for them pass false
 * and use prompt_system().  */
#ifndef AGENT_PROMPT_H
#define AGENT_PROMPT_H

#include "base/buf.h"
#include "base/fault.h"
#include "request/run_request.h"

int prompt_write(const struct run_request *req, const char *adapter, bool system_first,
                 struct buf *out, struct fault *f);
/* The system prompts joined by a blank line; nothing if there is none. */
void prompt_system(const struct run_request *req, struct buf *out);

#endif
