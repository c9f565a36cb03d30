/* SPDX-License-Identifier: MIT */
/* acp_calls.h - the tool calls of an ACP agent: each once, with its whole arguments.
 *
 * What agents were seen to do, and why a call is held back until it is known:
 *   claude-code-acp   tool_call with rawInput {}, again with the whole; an update without
 *                     status, then one with it
 *   codex-acp         {"server","tool","arguments"} as rawInput of a bridged tool
 *   grok              tool_call "use_tool" with {"tool_name","tool_input"}; its updates
 *                     repeat rawInput with more members
 *   gemini            no rawInput, often no tool_call: the first word is the permission
 *                     request, or the update that says it is done
 * So a call goes out when it has arguments that are not {}, is announced a second time,
 * is asked permission for, or has begun; its result once, when it is completed or failed.
 * A call of which only titles are known has its first one as its name, if that is a word:
 * grok announces so a tool that it does not have.  What still waits at the end goes out
 * then.  Without rawInput the arguments are {"title": …}.
 *
 * Models behind gateways use an id again.  A tool_call or a question whose id has all its
 * results begins another call, and so does a tool_call with other arguments than the one
 * that is open was announced with.  */
#ifndef AGENT_ACP_CALLS_H
#define AGENT_ACP_CALLS_H

#include "base/json.h"
#include "event/event.h"
#include "event/seen_ids.h"
#include "request/tool_offer.h"

struct acp_call {                          /* announced, not told yet */
  struct buf id, name, first, title, args; /* first: its first title */
  bool bridged;
  unsigned input; /* of the rawInput that was learned last, a hash; 0: none */
};

struct acp_calls {           /* zeroed: none */
  struct buf bridge;         /* the MCP server's name; empty: BRIDGE_NAME */
  const struct tools *tools; /* the run's; NULL: a transcript */
  bool drops_wait;           /* the agent adds TOOL_WAIT_PARAMETER to the arguments */
  bool empty_is_text;        /* no content of a bridged tool is "" */
  struct acp_call *at;
  size_t count, capacity;
  struct seen_ids told, answered; /* how often, by id */
  struct seen_ids bridged;        /* is the last one of this id? */
  struct seen_ids input;          /* what it was announced with; 0: not known */
};

/* A tool_call or tool_call_update; json_parse() kept rawInput and rawOutput raw. */
void acp_calls_update(struct acp_calls *c, const struct json *doc, json_at update,
                      struct events *events);
/* The toolCall of a permission request: it goes out now.  True: a tool of the bridge. */
bool acp_calls_ask(struct acp_calls *c, const struct json *doc, json_at call,
                   struct events *events);
void acp_calls_tell_all(struct acp_calls *c, struct events *events);
void acp_calls_free(struct acp_calls *c);

#endif
