/* SPDX-License-Identifier: MIT */
/* acp_update.h - what an ACP agent says unasked: session/update, and requests to us.  */
#ifndef AGENT_ACP_UPDATE_H
#define AGENT_ACP_UPDATE_H

#include "acp_state.h"

/* `method` was called with an id, which the answer repeats. */
void acp_asked(struct acp *a, struct json *doc, json_at root, struct span method,
               struct agent_output *output);

/* `line` is what `doc` was read from. */
void acp_update(struct acp *a, struct json *doc, struct span line, struct events *events);

#endif
