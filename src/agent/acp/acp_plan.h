/* SPDX-License-Identifier: MIT */
/* acp_plan.h - how ACP agents are started, and what their session is given.
 *
 * The prompt and the bridge's token travel on stdin, in the dialogue; a command line has
 * only what the request gave as one, or a model's name.  */
#ifndef AGENT_ACP_PLAN_H
#define AGENT_ACP_PLAN_H

#include "acp_state.h"
#include "agent/harness.h"

/* The program of harnessOptions.agent; NULL: the request has a command, or names nobody
 * we know. */
const char *acp_plan_program(const struct run_request *req);
/* harness.skills and .sessions of the agent that it names or whose command it has. */
const char *acp_plan_skills(const struct run_request *req);
const struct session_store *acp_plan_sessions(const struct run_request *req);
unsigned acp_plan_counts(const struct run_request *req); /* harness.counts_for */
/* argv and env: harnessOptions.command or agent; `grok agent … stdio`. */
int acp_plan_command(struct process_plan *out, const struct run_request *req,
                     struct fault *f);
int acp_plan_grok(struct process_plan *out, const struct run_request *req,
                  struct fault *f);
/* The rest of a plan, for every one: the first request, and what the session will need.
 * `req` is borrowed until acp_free(). */
int acp_plan(struct acp *a, const struct acp_profile *profile,
             const struct run_request *req, const struct bridge_address *bridge,
             const struct plan_place *place, struct process_plan *out, struct fault *f);

#endif
