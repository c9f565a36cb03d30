/* SPDX-License-Identifier: MIT */
/* policy_settings.h - settings by which an agent asks about all that a policy can judge.
 *
 * A policy is kept by answering what the agent asks, so it has to ask.  Seen: Claude Code
 * 2.1.332 in its mode "default" asks about no command that only reads ("ls", "cat x"),
 * nor about what the user's or the repository's own settings allow, and OpenCode 1.18.33
 * about nothing.  A rule to ask wins over both.  */
#ifndef AGENT_POLICY_SETTINGS_H
#define AGENT_POLICY_SETTINGS_H

#include "base/strv.h"
#include "request/policy.h"

/* Settings of Claude Code, JSON. */
void policy_settings_claude(const struct policy *policy, struct buf *out);
/* OpenCode and its kin: the variable lays rules over the user's and the folder's own. */
void policy_settings_opencode(const struct policy *policy, const char *variable,
                              struct strv *env);

#endif
