/* SPDX-License-Identifier: MIT */
/* codex_plan.h - how Codex is started for a request.
 *
 * The user's own configuration, login and sessions stay as they are (CODEX_HOME is not
 * touched): what the run needs is laid over them by --config, each value TOML.  The
 * bridge's token stands in the environment, by name (bearer_token_env_var); the prompt
 * comes by stdin, the output schema by a private file.
 *
 * "$name" anywhere in a prompt adds the skill of that name to the request, inside words
 * and code too; U+2060 behind the '$' keeps it plain.  A U+FEFF at the front is lost; a
 * blank prompt and one above 1,048,576 characters are refused.  Seen with 0.171.0.  */
#ifndef AGENT_CODEX_PLAN_H
#define AGENT_CODEX_PLAN_H

#include "agent/harness.h"

/* Native programs of the npm package, from the folder of its wrapper. */
extern const char *const codex_plan_native_programs[];

extern const struct prompt_rules codex_prompt;

int codex_plan(const struct run_request *req, const struct bridge_address *bridge,
               const struct plan_place *place, struct process_plan *out, struct fault *f);

#endif
