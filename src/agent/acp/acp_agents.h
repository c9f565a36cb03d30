/* SPDX-License-Identifier: MIT */
/* acp_agents.h - the ACP agents that are known by name: their command lines, and what
 * each needs or does that the protocol does not tell.
 *
 * An agent is known by harnessOptions.agent, by the name of its program, wherever that
 * stands in harnessOptions.command ("npx @agentclientprotocol/codex-acp@2.6.0"), or by
 * what it calls itself (agentInfo).  A row is all there is to a new one.  */
#ifndef AGENT_ACP_AGENTS_H
#define AGENT_ACP_AGENTS_H

#include "agent/prompt_guard.h"
#include "request/run_request.h"
#include "request/session_store.h"

struct acp_agent {
  const char *name;        /* harnessOptions.agent; NULL: it has no command of its own */
  const char *argv[5];     /* its command line */
  const char *programs[3]; /* … and by these names it is known, too */
  const char *info;        /* agentInfo.name */
  const char *env[4][2];
  const char *skills;                   /* as in agent/harness.h … */
  const struct session_store *sessions; /* … and this */
  const struct prompt_guard *guard;     /* NULL: acp_any_guard */
  bool expands; /* ${NAME} in the header of an MCP server, which it puts into an argv */
  /* How it is brought to ask about each act, where a policy is to be kept: "" it does,
   * "_meta" by Claude's settings there, else this variable, as OpenCode has it.  NULL: it
   * asks about what it takes for a change alone. */
  const char *asks_by;
  /* Each good answer has `usage`: one without it, of an error's words, is none. */
  bool always_counts;
  /* What of a budget it tells beside its tool calls: 1 << BUDGET_…, answer by answer. */
  unsigned counts;
  bool limits_usd; /* of a new session, by _meta; what it has cost it tells at the end */
  bool counts_session; /* its usage is the session's so far, not the turn's */
};

/* An agent names its commands by available_commands_update, which may come when the
 * prompt is on its way: one that nobody knows is taken to have some, and to read
 * files. */
extern const struct prompt_guard acp_any_guard;

/* NULL: nobody we know. */
const struct acp_agent *acp_agent_named(struct span name);
const struct acp_agent *acp_agent_of(const struct spans *command);
const struct acp_agent *acp_agent_by_info(struct span info_name);
/* "claude, codex, …" */
void acp_agent_names(struct buf *out);

#endif
