/* SPDX-License-Identifier: MIT */
/* acp_update.h - what an ACP agent tells unasked: session/update.  */
#ifndef AGENT_ACP_UPDATE_H
#define AGENT_ACP_UPDATE_H

#include "acp_state.h"

/* `line` is what `doc` was read from. */
void acp_update(struct acp *a, const struct json *doc, struct span line,
                struct events *events);

/* The model is asked anew: what was said since the last tool call is abandoned. */
void acp_abandon(struct acp *a, struct events *events);

#endif
