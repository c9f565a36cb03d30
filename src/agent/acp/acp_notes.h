/* SPDX-License-Identifier: MIT */
/* acp_notes.h - what an ACP agent tells beside the protocol, in notifications of its own.
 *
 *   _x.ai/session_notification   grok
 *     retry_state "retrying"     agent_retry(); what was said of the answer is abandoned,
 *                                for the model is asked anew
 *     anything else              nothing
 *   session_info_update._meta.codex   codex-acp
 *     error with willRetry       agent_retry(), and the answer is abandoned
 *     error                      its words, for the end
 *     threadStatus systemError   the turn has failed, whatever its end says  */
#ifndef AGENT_ACP_NOTES_H
#define AGENT_ACP_NOTES_H

#include "acp_state.h"

void acp_note(struct acp *a, const struct json *doc, struct agent_output *output);
void acp_note_codex(struct acp *a, const struct json *doc, json_at codex,
                    struct agent_output *output);

#endif
