/* SPDX-License-Identifier: MIT */
/* acp_settings.h - model and mode of an ACP session: what the request asks for, in the
 * words of what the agent offers.  */
#ifndef AGENT_ACP_SETTINGS_H
#define AGENT_ACP_SETTINGS_H

#include "acp_state.h"

/* The next change behind `done`; false: there is none.  True: a request
 * went out, or the turn has failed. */
bool acp_set(struct acp *a, enum acp_step done, struct agent_output *output);
/* "a, b", of the members named `key` of a list. */
void acp_add_names(const struct json *doc, json_at list, const char *key,
                   struct buf *out);

#endif
