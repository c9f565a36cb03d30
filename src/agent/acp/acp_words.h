/* SPDX-License-Identifier: MIT */
/* acp_words.h - more words of the user for an ACP agent.
 *
 *   for the turn at work   _session/steering, an extension of claude-agent-acp and
 *                          codex-acp, offered by _meta.steering.supported beside the
 *                          answer to initialize.  It is answered by an outcome: injected,
 *                          or promptRequired when the turn is over
 *   the next turn          session/prompt, when the one before is answered: the
 *                          protocol's own  */
#ifndef AGENT_ACP_WORDS_H
#define AGENT_ACP_WORDS_H

#include "acp_state.h"

/* harness.say */
int acp_words_say(struct acp *a, const struct agent_words *words,
                  struct agent_output *output, struct fault *f);
/* The answer to _session/steering. */
void acp_words_answered(const struct json *doc, struct span line,
                        struct agent_output *output);

#endif
