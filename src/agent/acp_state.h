/* SPDX-License-Identifier: MIT */
/* acp_state.h - what the parts of an ACP harness share.
 *
 *   acp.c          the harnesses: which line is for whom, how it ends
 *   acp_plan.c     how the agents are started
 *   acp_session.c  our requests in their order, from initialize to the prompt
 *   acp_settings.c model and mode of the session
 *   acp_record.c   the answer to the prompt, and errors
 *   acp_client.c   what the agent asks of us: permissions; everything else is refused
 *   acp_update.c   session/update: text, thoughts, plans
 *   acp_calls.c    session/update: tool calls
 *
 * Each request of ours is sent once at most, so its place in the order is its JSON-RPC
 * id: a transcript of what the agent said needs nothing else to be understood.  */
#ifndef AGENT_ACP_STATE_H
#define AGENT_ACP_STATE_H

#include "acp_calls.h"
#include "agent/ear.h"
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
  const char *auth;      /* the way to authenticate when it is offered; NULL: none */
  const char *auth_env;  /* and this variable is in the request; NULL: always */
  bool model_by_option;  /* the command line has the model already */
};

struct acp {
  const struct acp_profile *profile;
  const struct run_request *req; /* the run's; NULL: a transcript is translated */
  struct buf workspace, servers; /* servers: the JSON array for session/new */
  bool bridged;
  enum acp_step waiting;  /* for the answer to this request of ours */
  struct buf init, offer; /* the agent's answers to initialize and session/…, raw */
  struct buf session;
  bool open, resumed, prompted, cancelled;

  struct acp_calls calls;
  struct buf message; /* id of the agent's message that streams now, where it has any */
  struct buf answer;  /* the text since the last tool call; kept for outputSchema only */

  enum acp_record record;
  struct buf code, text, cost; /* of the record */
  struct event_usage usage;
  bool has_usage;
};

/* A buf of the state: the state begins as zeros, which is a buf that takes nothing. */
void acp_keep(struct buf *b, struct span text);
/* The turn ends with RUN_ERROR; the first reason wins. */
void acp_fail(struct acp *a, struct ear *ear, const char *code, struct span message);

/* acp.c, for a harness that speaks ACP among other things. */
int acp_hear(struct acp *a, struct span line, struct ear *ear, struct fault *f);
void acp_leave(struct acp *a, const struct process_end *end, struct ear *ear);
void acp_forget(struct acp *a);
bool acp_succeeded(const struct acp *a);

/* acp_session.c.  The first request; the others follow from the answers. */
void acp_initialize(struct buf *out);
void acp_answered(struct acp *a, struct json *doc, struct span line, enum acp_step step,
                  struct ear *ear);
/* A request about the open session, with one or two members of text. */
void acp_say_setting(struct acp *a, enum acp_step step, const char *method,
                     const char *const keys[2], const struct span values[2],
                     struct ear *ear);
bool acp_cancel_turn(struct acp *a, struct ear *ear);

/* acp_settings.c.  The next change behind `done`; false: there is none.  True: a request
 * went out, or the turn has failed. */
bool acp_set(struct acp *a, enum acp_step done, struct ear *ear);
/* "a, b", of the members named `key` of a list. */
void acp_add_names(struct json *doc, json_at list, const char *key, struct buf *out);

/* acp_record.c.  The words of an error answer: "Internal error: Unauthorized (401) …". */
void acp_add_error(struct json *doc, struct span line, struct buf *out);
void acp_turn_ended(struct acp *a, struct json *doc, json_at result, struct ear *ear);

/* acp_client.c.  `method` was called with an id, which the answer repeats. */
void acp_asked(struct acp *a, struct json *doc, json_at root, struct span method,
               struct ear *ear);

/* acp_update.c.  `line` is what `doc` was read from. */
void acp_update(struct acp *a, struct json *doc, struct span line, struct events *events);

#endif
