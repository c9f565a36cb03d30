/* SPDX-License-Identifier: MIT */
/* acp_call.h - one tool call of an ACP agent, as it is learned from several updates: its
 * name, its arguments, and whose tool it is.
 *
 * The name, in this order: `name`; the vendor's (_meta: claudeCode.toolName,
 * x.ai/tool.name, toolName); the first title, where the agent announced a call that is
 * still being prepared by one word that is not one of its model's; the kind; the first
 * title, if that is a word.
 *
 * A tool of the bridge is known by its name in any spelling that was seen:
 *   mcp__<bridge>__x, <bridge>__x, mcp_<bridge>_x   claude-agent-acp, qwen-code, grok
 *   mcp.<bridge>.x, "Tool: <bridge>/x"              codex-acp
 *   <bridge>_x, <bridge>-x                          opencode, kilo; copilot
 *   "x (<bridge> MCP Server)", "…: {arguments}"     gemini; qwen-code
 * or by an agent's tool that calls others ("use_tool", {"server","tool","arguments"}).  A
 * title alone does not make it one when the call has a `command`: that is text of the
 * model's.  */
#ifndef AGENT_ACP_CALL_H
#define AGENT_ACP_CALL_H

#include "base/json.h"
#include "request/tools.h"

struct acp_call {
  struct buf id, name, first, title, kind, args; /* first: its first title */
  struct buf shown; /* an object in its content, before it is over */
  bool bridged;
  bool titled;    /* the first title is its name */
  bool preparing; /* its name may still change */
  bool begun;     /* its START went out */
  bool pending;   /* its arguments may still grow, says the agent */
  unsigned input; /* of the rawInput that was learned last, a hash; 0: none */
};

struct acp_naming {
  struct span bridge;        /* the MCP server's name */
  const struct tools *tools; /* the run's; NULL: a transcript */
};

void acp_call_learn(struct acp_call *call, const struct json *doc, json_at update,
                    const struct acp_naming *naming);
/* The arguments, where the agent has told them in its content alone: gemini in its
 * question, kimi-code in its updates before that. */
void acp_call_take_shown(struct acp_call *call);
struct span acp_call_name(const struct acp_call *call);
bool acp_call_has_arguments(const struct acp_call *call);
/* The name is the last word: START may go out. */
bool acp_call_is_named(const struct acp_call *call);
/* A hash of rawInput; 0: there is none, or nothing in it. */
unsigned acp_call_input(json_at update);
void acp_call_free(struct acp_call *call);

#endif
