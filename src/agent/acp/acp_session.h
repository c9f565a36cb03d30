/* SPDX-License-Identifier: MIT */
/* acp_session.h - the dialogue with an ACP agent, from initialize to the prompt: what its
 * answer to each request of ours leads to (the table in acp_session.c).  */
#ifndef AGENT_ACP_SESSION_H
#define AGENT_ACP_SESSION_H

#include "acp_state.h"

/* The answer to the request `step`; `line` is what `doc` was read from. */
void acp_answered(struct acp *a, const struct json *doc, struct span line,
                  enum acp_step step, struct agent_output *output);

#endif
