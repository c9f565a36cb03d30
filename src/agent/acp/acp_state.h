/* SPDX-License-Identifier: MIT */
/* acp_state.h - what the parts of an ACP harness share.
 *
 *   acp.c          the harnesses: which line is for whom, errors, how it ends
 *   acp_plan.c     how the agents are started
 *   acp_session.c  our requests in their order, from initialize to the prompt
 *   acp_settings.c model and mode of the session
 *   acp_update.c   session/update: text, thoughts, plans; and what the agent asks of us
 *   acp_calls.c    session/update: tool calls
 *
 * No two requests of ours wait at once and each has its place in the order, so that is
 * its JSON-RPC id: a transcript of what the agent said needs nothing else to be
 * understood.  */
#ifndef AGENT_ACP_STATE_H
#define AGENT_ACP_STATE_H

#include "acp_calls.h"
#include "agent/agent_actions.h"
#include "base/fault.h"
#include "base/process.h"
#include "request/run_request.h"

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
  ACP_AFTER
};

enum acp_record { ACP_NO_RECORD, ACP_SUCCESS, ACP_LENGTH, ACP_ERROR };

struct acp_profile {
  const char *id, *name; /* "grok-build" in events, "Grok Build" in words */
  const char *auth;      /* the way to authenticate, where it is offered; NULL: none */
  const char *auth_env;  /* only when the agent asks for it, and this variable is in the
                            request; NULL: always */
  bool model_by_option;  /* the command line has the model already */
  /* Its requests for permission tell what its tool calls do not: no mode that asks
   * nothing is set, and everything is allowed by our answers. */
  bool asks_to_tell;
};

struct acp {
  const struct acp_profile *profile;
  const struct run_request *req; /* the run's; NULL: a transcript is translated */
  struct buf workspace, servers; /* servers: the JSON array for session/new */
  bool bridged;
  enum acp_step waiting;  /* for the answer to this request of ours */
  struct buf init, offer; /* the agent's answers to initialize and session/…, raw */
  struct buf session;
  bool authenticated, open, resumed, loaded, prompted, cancelled;

  struct acp_calls calls;
  struct buf message; /* id of the agent's message that streams now, where it has any */
  struct buf answer;  /* the text since the last tool call; kept for outputSchema only */

  enum acp_record record;
  struct buf code, text, cost; /* of the record */
  struct event_usage usage;
  bool has_usage;
};

/* The turn ends with RUN_ERROR; the first reason wins. */
void acp_fail(struct acp *a, struct agent_output *output, const char *code,
              struct span message);

/* acp.c, for a harness that speaks ACP among other things. */
int acp_on_input(struct acp *a, struct span line, struct agent_output *output,
                 struct fault *f);
void acp_finish(struct acp *a, const struct process_end *end,
                struct agent_output *output);
/* RUN_FINISHED stop; with outputSchema the value in `answer` first, or its error. */
void acp_turn_finished(struct acp *a, const struct event_usage *usage,
                       struct events *events);
void acp_free(struct acp *a);
bool acp_succeeded(const struct acp *a);

/* The words of an error answer: "Internal error: Unauthorized (401) …". */
void acp_add_error(struct json *doc, struct span line, struct buf *out);
void acp_turn_ended(struct acp *a, struct json *doc, json_at result,
                    struct agent_output *output);

#endif
