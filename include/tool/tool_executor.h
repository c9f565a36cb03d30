/* SPDX-License-Identifier: MIT */
/* tool_executor.h - one way to run a host tool.
 *
 * An executor makes one attempt at a call and says what came of it.  What all calls have
 * in common stands above it, once (tool_call.h): the call's id, its deadline, how often
 * it is tried, its cancel.  An executor knows neither MCP nor the agent nor the run.
 *
 * To add one: src/tool/tool_<name>.c with a tool_executor_claim, its unit test, and its
 * row in the table of src/run/executors.c.
 *
 * Rules.  `start` returns the attempt at work, or NULL and the reason.  Of an attempt at
 * work `done` comes exactly once, also after `cancel`, and never from inside `start` or
 * `cancel`; the attempt is gone after it.  The executor itself keeps to `left_ms`.  */
#ifndef TOOL_TOOL_EXECUTOR_H
#define TOOL_TOOL_EXECUTOR_H

#include "base/buf.h"
#include "base/fault.h"
#include "tool/tool_answer.h"

struct uv_loop_s;
struct http_client; /* http/http_client.h */
struct tool_relay;
struct tool_relayed;
struct callback; /* request/callback.h */

struct tool_server {           /* an MCP server that has the tools (tool/tool_server.h) */
  struct span url, token;      /* the request's */
  struct buf session, version; /* of its initialize; empty: none */
  unsigned last_id;            /* of our requests */
};

struct tool_source { /* what is known of where a run's tools are; outlives the executor */
  struct uv_loop_s *loop;
  struct http_client *client;
  struct span url, token; /* toolExecUrl, toolExecToken */
  struct span run_id, traceparent, tracestate;
  const struct callback *callback; /* of shape CALLBACK_NONE: none; NULL: the same */
  const char *command;             /* --tool-command; NULL: there is none */
  char *const *command_env;        /* its environment */
  size_t answer_ceiling;
  struct budget *budget;          /* what an attempt holds is charged to it; NULL: none */
  const struct tool_relay *relay; /* tool/tool_relay.h; NULL: nobody takes calls so */
  struct tool_relayed *relayed;   /* its calls that wait for their answer */
  struct tool_server *server;     /* NULL: none; outlives its calls */
};

/* Lent until `done`. */
struct tool_attempt {
  struct span tool;    /* its name */
  struct span message; /* {"name":…,"args":…}, the arguments in the agent's own bytes */
  struct span call_id; /* one for all attempts at a call */
  unsigned number;     /* from 1 */
  unsigned left_ms;    /* until the call's deadline, at least 1 */
  bool takes_mcp;      /* the tool's result is an MCP result object (request/tools.h) */
  struct span traceparent; /* empty: the source's */
};

struct tool_attempt_end {
  enum {
    TOOL_ATTEMPT_ANSWERED, /* `answer` is the call's */
    TOOL_ATTEMPT_PENDING,  /* no answer yet: to be asked again in retry_ms */
    /* Certainly nothing reached the tool, so it may be tried again; `answer` is the
     * call's if it is not. */
    TOOL_ATTEMPT_UNSENT
  } outcome;
  struct tool_answer answer; /* lent for the call of `done` */
  unsigned retry_ms;
};
typedef void tool_attempt_done(void *who, const struct tool_attempt_end *end);

struct tool_executor {
  void *context; /* of `start` */
  void *(*start)(void *context, const struct tool_attempt *attempt,
                 tool_attempt_done *done, void *who, struct fault *f);
  void (*cancel)(void *work); /* what `start` returned */
};

/* Takes a source for its own: 1, and `out` runs its calls.  0: it is for others.  -1: the
 * source is ours and no good (FAULT_BAD_INPUT naming the field). */
typedef int tool_executor_claim(struct tool_source *source, struct tool_executor *out,
                                struct fault *f);

#endif
