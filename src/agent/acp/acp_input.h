/* SPDX-License-Identifier: MIT */
/* acp_input.h - a line of an ACP agent, given to the part it is for: an answer to one of
 * our requests, a request of the agent, or session/update.  For acp.c and for a harness
 * that speaks ACP among other things.  */
#ifndef AGENT_ACP_INPUT_H
#define AGENT_ACP_INPUT_H

#include "acp_state.h"

int acp_on_input(struct acp *a, struct span line, struct agent_output *output,
                 struct fault *f);

#endif
