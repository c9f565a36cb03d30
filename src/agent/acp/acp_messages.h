/* SPDX-License-Identifier: MIT */
/* acp_messages.h - what we say to an ACP agent: each request as one line of JSON.
 *
 * All of them but the cancel wait for an answer: `waiting` is the request's step from
 * then on.  acp_session.c decides which goes out when.  */
#ifndef AGENT_ACP_MESSAGES_H
#define AGENT_ACP_MESSAGES_H

#include "acp_state.h"

enum { ACP_PROTOCOL_VERSION = 1 };

/* The first request, for a plan's first_input. */
void acp_initialize(struct buf *out);
void acp_say_authenticate(struct acp *a, struct span method, struct agent_output *output);
/* ACP_NEW, ACP_RESUME or ACP_LOAD. */
void acp_say_session(struct acp *a, enum acp_step step, struct agent_output *output);
/* A request about the open session, with a member of text. */
void acp_say_setting(struct acp *a, enum acp_step step, const char *method,
                     const char *key, struct span value, struct agent_output *output);
/* session/set_config_option: ACP_OPTION, or the step it stands for. */
void acp_say_option(struct acp *a, enum acp_step step, struct span id,
                    const struct config_entry *value, struct agent_output *output);
/* A prompt that is too long fails the turn instead. */
void acp_say_prompt(struct acp *a, struct agent_output *output);
/* A prompt of its own (ACP_PROMPT), or with an id words for the turn at work
 * (acp_words.c). */
void acp_say_text(struct acp *a, struct span id, struct span text,
                  struct agent_output *output);
/* False: there is no turn that could be cancelled. */
bool acp_say_cancel(struct acp *a, struct agent_output *output);

#endif
