/* SPDX-License-Identifier: MIT */
/* prompt.h - messages to one prompt text, for every agent by its own rules.
 *
 * The last message must be a user's with text, else FAULT_BAD_INPUT "<adapter> adapter
 * requires a trailing user message with text content." (adapter: "Claude Code").  Nothing
 * is trimmed.
 *
 * Where a session is resumed it is the last text alone: the agent knows the rest. Else
 * the earlier turns of the user and the assistant that have text stand before it:
 *
 *   Previous conversation:
 *   User: q1
 *   Assistant: a1
 *
 *   q2
 *
 * With `system_first` the system prompts (blank ones left out) come first, each
 * followed by a blank line; agents that have an option for them use prompt_system().  */
#ifndef AGENT_PROMPT_H
#define AGENT_PROMPT_H

#include "agent/prompt_guard.h"
#include "base/buf.h"
#include "base/fault.h"
#include "event/event.h"
#include "request/run_request.h"

struct prompt_rules { /* one agent's */
  const char *adapter;
  bool system_first;
  struct prompt_guard guard;
  bool bom_lost;   /* it takes a U+FEFF off the front: one more is put there */
  bool no_blank;   /* it takes no prompt of blanks alone */
  size_t most;     /* it takes no longer one; 0: not known */
  bool characters; /* `most` counts them, else bytes */
};

/* With FAULT_TOO_BIG where `out` has no room. */
int prompt_write(const struct run_request *req, const struct prompt_rules *rules,
                 struct buf *out, struct fault *f);
/* Refuses what the agent would refuse, FAULT_BAD_INPUT: a blank prompt, one that is too
 * long.  A request without any prompt is left to prompt_write(). */
int prompt_admit(const struct run_request *req, const struct prompt_rules *rules,
                 struct fault *f);
/* The system prompts joined by a blank line; nothing if there is none. */
void prompt_system(const struct run_request *req, struct buf *out);
/* Is this one of the parts that stand with the prompt: of the last message, or of any
 * when no session is resumed? */
bool prompt_has_part(const struct run_request *req, bool resumed,
                     const struct message_part *part);
/* runlet.warning image-not-passed and content-not-passed for those parts; `images`: data
 * of images is passed on.  `req` may be NULL. */
void prompt_warn_parts(const struct run_request *req, bool resumed, bool images,
                       struct events *events);

#endif
