/* SPDX-License-Identifier: MIT */
/* acp_requests.h - what an ACP agent asks of us.
 *
 * We offer no files and no terminals, for the agent has the machine itself: to those
 * requests the answer is "Method not found".  What it may ask is permission.  The answer
 * goes out at once where request/permission.h decides, and else by acp_permit(), when the
 * run has one.  */
#ifndef AGENT_ACP_REQUESTS_H
#define AGENT_ACP_REQUESTS_H

#include "acp_state.h"

/* `method` was called with an id, which the answer repeats. */
void acp_asked(struct acp *a, const struct json *doc, json_at root, struct span method,
               struct agent_output *output);
/* The agent needs no answer any more to its request of this id. */
void acp_question_cancelled(struct acp *a, json_at id, struct agent_output *output);
/* The run's answer to the question whose request has this id; false: none waits. */
bool acp_permit(struct acp *a, struct span id, bool yes, struct agent_output *output);
/* Asks the agent to end its turn, and answers what waits: cancelled.  False: there is no
 * turn that could be cancelled. */
bool acp_cancel(struct acp *a, struct agent_output *output);

#endif
