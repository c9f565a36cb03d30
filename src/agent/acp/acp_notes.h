/* SPDX-License-Identifier: MIT */
/* acp_notes.h - what an ACP agent tells beside the protocol, in notifications of its own.
 *
 *   _x.ai/session_notification   grok
 *     retry_state "retrying"     agent_retry(); what was said of the answer is abandoned,
 *                                for the model is asked anew
 *     anything else              nothing  */
#ifndef AGENT_ACP_NOTES_H
#define AGENT_ACP_NOTES_H

#include "acp_state.h"

void acp_note(struct acp *a, const struct json *doc, struct agent_output *output);

#endif
