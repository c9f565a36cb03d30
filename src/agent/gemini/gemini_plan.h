/* SPDX-License-Identifier: MIT */
/* gemini_plan.h - how Gemini CLI is started for a request, in either protocol (gemini.h).
 *
 * For ACP the prompt and the tools are the dialogue's: acp_plan() comes after this.  */
#ifndef AGENT_GEMINI_PLAN_H
#define AGENT_GEMINI_PLAN_H

#include "agent/harness.h"

int gemini_plan(const struct run_request *req, bool bridged, struct process_plan *out,
                struct fault *f);

#endif
