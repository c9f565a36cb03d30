/* SPDX-License-Identifier: MIT */
/* acp_settings.h - model, effort, options and mode of an ACP session: what the request
 * asks for, in the words of what the agent offers.
 *
 *   asked for by                  set as
 *   model                         each config option of category "model", else `models`
 *   modelOptions.effort           the config option of category "thought_level"
 *   harnessOptions.config         the config option of that id
 *   harnessOptions.mode, else     `modes`, else the config option of category "mode"
 *   modelOptions.permissionMode
 *
 * A value may be named by what stands behind its '#' ("…/session-modes#plan").  A model
 * or an effort that is not offered is a warning; an option or a mode by name is an error.
 * All of them say what is offered.  */
#ifndef AGENT_ACP_SETTINGS_H
#define AGENT_ACP_SETTINGS_H

#include "acp_state.h"

/* The next change that is to be made; false: there is none.  True: a request went out, or
 * the turn has failed. */
bool acp_set(struct acp *a, struct agent_output *output);
/* "a, b", of the members named `key` of a list and of the groups in it. */
void acp_add_names(const struct json *doc, json_at list, const char *key,
                   struct buf *out);

#endif
