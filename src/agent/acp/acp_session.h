/* SPDX-License-Identifier: MIT */
/* acp_session.h - our requests to an ACP agent, in their order (the table in
 * acp_session.c): from initialize to the prompt, and the cancel of a turn.  */
#ifndef AGENT_ACP_SESSION_H
#define AGENT_ACP_SESSION_H

#include "acp_state.h"

/* The first request; the others follow from the answers. */
void acp_initialize(struct buf *out);
void acp_answered(struct acp *a, struct json *doc, struct span line, enum acp_step step,
                  struct agent_output *output);
/* A request about the open session, with one or two members of text. */
void acp_say_setting(struct acp *a, enum acp_step step, const char *method,
                     const char *const keys[2], const struct span values[2],
                     struct agent_output *output);
bool acp_cancel_turn(struct acp *a, struct agent_output *output);

#endif
