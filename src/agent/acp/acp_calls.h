/* SPDX-License-Identifier: MIT */
/* acp_calls.h - the tool calls of an ACP agent: each once, with its whole arguments.
 *
 * START goes out as soon as the name is sure (acp_call.h), ARGS and END when the
 * arguments are whole.  What agents were seen to do:
 *   claude-agent-acp   tool_call with rawInput {}, updates without a status that have
 *                      more and more of it, then something else
 *   opencode, kilo     `pending` with a part of it, the whole with in_progress
 *   kimi-code          `pending` and in_progress without, in_progress with it
 *   qwen-code          `pending` with {} and another name ("phase":"preparing")
 *   codex-acp          whole at once, in_progress
 *   copilot            whole at once, `pending`; asks permission
 *   grok               tool_call "use_tool" with {"tool_name","tool_input"}; its updates
 *                      repeat rawInput with more members
 *   gemini             no rawInput, often no tool_call: the first word is the permission
 *                      request, or the update that says it is done
 * So they are whole when the call is asked permission for, is over, is announced a second
 * time or not as `pending`, or is in_progress with rawInput; those of an update without a
 * status, when the agent says anything else; all of them, when it begins a message.
 * What still waits at the end goes out then.  Without rawInput they are {"title": …}.
 *
 * Models behind gateways use an id again.  A tool_call or a question whose id has all its
 * results begins another call, and so does a tool_call with other arguments than the one
 * that is open was announced with.  */
#ifndef AGENT_ACP_CALLS_H
#define AGENT_ACP_CALLS_H

#include "acp_call.h"
#include "acp_results.h"
#include "event/event.h"
#include "event/seen_ids.h"
#include "request/tool_offer.h"

struct acp_held {
  struct acp_call call;
  struct acp_progress progress;
  bool told;    /* its arguments went out: it waits for its result */
  bool resting; /* they are whole when the agent says something else */
};

struct acp_calls {           /* zeroed: none */
  struct buf bridge;         /* the MCP server's name; empty: BRIDGE_NAME */
  const struct tools *tools; /* the run's; NULL: a transcript */
  bool drops_wait;           /* the agent adds TOOL_WAIT_PARAMETER to the arguments */
  bool empty_is_text;        /* no content of a bridged tool is "" */
  struct acp_held *at;
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
/* The one of this id that went out and is not over; NULL: none. */
const struct acp_call *acp_calls_told(struct acp_calls *c, struct span id);
/* The agent said something, of the call `id` or (empty) of none. */
void acp_calls_rest(struct acp_calls *c, struct span id, struct events *events);
/* It begins or continues a message. */
void acp_calls_message(struct acp_calls *c, struct events *events);
void acp_calls_tell_all(struct acp_calls *c, struct events *events);
void acp_calls_free(struct acp_calls *c);

#endif
