/* SPDX-License-Identifier: MIT */
/* acp_state.h - what the parts of an ACP harness share, and how a turn fails.
 *
 *   acp.c           the harnesses acp and grok-build
 *   acp_agents.c    the agents that are known by name
 *   acp_plan.c      how the agents are started
 *   acp_input.c     which part a line of the agent is for
 *   acp_messages.c  what we say: our requests, each as one line of JSON
 *   acp_session.c   in which order they go out, from initialize to the prompt
 *   acp_settings.c  model, effort, options and mode of the session
 *   acp_requests.c  what the agent asks of us: permission
 *   acp_update.c    session/update: text, thoughts, plans
 *   acp_calls.c     session/update: tool calls (acp_call.c: their names and arguments,
 *                   acp_results.c: what they give)
 *   acp_notes.c     what it tells beside the protocol: that it tries again, that it
 *                   failed; what it tells of its session
 *   acp_turn.c      how the turn ends, and the run with it
 *   acp_words.c     more words of the user: for the turn at work, or the next
 *
 * No two requests of ours wait at once and each has its place in the order, so that is
 * its JSON-RPC id: a transcript of what the agent said needs nothing else to be
 * understood.  Options are set one after the other, from id 10 on.  Only words for the
 * turn at work go out meanwhile (_session/steering): "say-" and the message's id.  */
#ifndef AGENT_ACP_STATE_H
#define AGENT_ACP_STATE_H

#include "acp_agents.h"
#include "acp_calls.h"
#include "agent/begun_answer.h"
#include "agent/harness.h"

enum acp_step {
  ACP_BEFORE,
  ACP_INITIALIZE,
  ACP_AUTHENTICATE,
  ACP_RESUME,
  ACP_LOAD,
  ACP_NEW,
  ACP_MODEL,
  ACP_MODE,
  ACP_PROMPT,
  ACP_AFTER,
  ACP_OPTION /* its id is this or a higher one */
};

#define ACP_SAY "say-" /* before the message's id */

enum acp_speaking { ACP_SILENT, ACP_SAYING, ACP_THINKING };

enum acp_outcome { ACP_NO_OUTCOME, ACP_SUCCESS, ACP_LENGTH, ACP_ERROR };

struct acp_profile {
  const char *id, *name; /* "grok-build" in events, "Grok Build" in words */
  const char *auth;      /* the way to authenticate, where it is offered; NULL: none */
  /* That way is taken only when the agent asks for it and this variable is in the
   * request; NULL: always. */
  const char *auth_env;
  bool model_by_option; /* the command line has the model already */
  /* Its requests for permission tell what its tool calls do not: no mode that asks
   * nothing is set, and everything is allowed by our answers. */
  bool asks_to_tell;
  /* The answer to a prompt counts the tokens of whole answers of its model. */
  bool counts_tokens;
  bool adds_wait;   /* a parameter of its own, TOOL_WAIT_PARAMETER, in calls of ours */
  bool hides_empty; /* a bridged tool that answered "" has a result without content */
  /* What keeps its prompts words; NULL: what does so for an agent that nobody knows. */
  const struct prompt_guard *guard;
  /* Of a prompt of more bytes it leaves some out; 0: that was never seen. */
  size_t cuts_above;
};

/* A request for permission that waits for the run's answer. */
struct acp_question {
  struct buf rpc_id;  /* of the agent's request, as it wrote it: the question's, too */
  struct buf yes, no; /* ids of the options that say so; empty: there is none */
};

struct acp {
  const struct acp_profile *profile;
  const struct run_request *req; /* the run's; NULL: a transcript is translated */
  struct buf workspace, servers; /* servers: the JSON array for session/new */
  struct buf hidden_servers;     /* the same with the token's variable; may be empty */
  size_t server_count;           /* in `servers` */
  bool bridged;                  /* our bridge is one of them */
  const struct acp_agent *agent; /* NULL: nobody we know */
  const struct prompt_guard *guard;
  enum acp_step waiting;  /* for the answer to this request of ours */
  unsigned rpc_id;        /* … and its id */
  struct buf init, offer; /* the agent's answers to initialize and session/…, raw */
  struct buf options;     /* its configOptions as it told them last, raw */
  size_t settings_done;   /* acp_settings.c */
  struct buf session;     /* its id */
  bool authenticated, open, resumed, loaded, prompted, cancelled;
  bool asks_each;   /* about each act, as the policy of the request wants it */
  bool system_told; /* by session/new: the system prompts need not be in the prompt */
  struct buf title; /* the session's */
  struct buf used, size; /* tokens in the model's context, numbers */

  struct acp_calls calls;
  struct acp_question *questions;
  size_t question_count, question_capacity;
  struct buf message; /* id of the agent's message that streams now, where it has any */
  enum acp_speaking speaking; /* the message that is open */
  struct begun_answer begun;  /* what was said since the last tool call */
  bool worded;                /* … had a word in it */
  struct buf answer;  /* the text since the last tool call; kept for outputSchema only */
  struct buf said;    /* the same, its first LIMIT_ERROR_MESSAGE_BYTES */
  struct buf trouble; /* of the model's API, in the agent's words */
  bool broken;        /* it says that it could not go on */

  enum acp_outcome outcome;    /* of the turn, as the agent tells it */
  struct buf code, text, cost; /* of the outcome */
  struct event_usage usage;
  struct event_usage earlier; /* of turns before, if `turns` */
  bool turns;                 /* the run has had more than one */
  bool has_usage;
  bool answering;  /* its model, as far as it was counted */
  bool adds_usage; /* it counts each answer of its model apart: `usage` is their sum */
};

/* The limit in dollars is reached, by which the agent ends itself (acp_agents.h). */
bool acp_has_spent_usd(const struct acp *a, const struct agent_output *output);
/* The turn ends with RUN_ERROR; the first reason wins. */
void acp_fail(struct acp *a, struct agent_output *output, const char *code,
              struct span message);
/* The words of an error answer: "Internal error: Unauthorized (401) …". */
void acp_add_error(const struct json *doc, struct span line, struct buf *out);
/* What was said is over: a tool call came. */
void acp_forget(struct acp *a);
/* The model is asked anew: what was said since the last tool call is abandoned. */
void acp_abandon(struct acp *a, struct events *events);
/* session/new will name the variable that holds the bridge's token. */
void acp_hide_token(struct acp *a);
void acp_question_free(struct acp_question *q);
void acp_free(struct acp *a);

#endif
