/* SPDX-License-Identifier: MIT */
/* acp_update.h - what an ACP agent tells unasked: session/update.  */
#ifndef AGENT_ACP_UPDATE_H
#define AGENT_ACP_UPDATE_H

#include "acp_state.h"

/* `line` is what `doc` was read from. */
void acp_update(struct acp *a, const struct json *doc, struct span line,
                struct agent_output *output);

#endif
