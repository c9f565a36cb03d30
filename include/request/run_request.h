/* SPDX-License-Identifier: MIT */
/* run_request.h - what one run is asked to do: plain data, checked by request_read.h.
 *
 * A message turn may have been left out (run_messages.h), so message_count may be 0.  The
 * request owns its text; every span in it points there or into its document.  */
#ifndef REQUEST_RUN_REQUEST_H
#define REQUEST_RUN_REQUEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "request/callback.h"
#include "request/host_bridge.h"
#include "request/policy.h"
#include "request/run_budget.h"
#include "request/spans.h"
#include "request/tools.h"
#include "request/workspace_plan.h"

enum message_role { ROLE_USER, ROLE_ASSISTANT, ROLE_SYSTEM, ROLE_OTHER };

struct message {
  enum message_role role;
  struct span text; /* string content, or its text parts joined; "" if there is none */
};

struct message_part { /* what is no text */
  size_t message;     /* the place of its message; of ROLE_SYSTEM: none */
  enum message_role role;
  bool image;
  /* Of a user's image that came with the request, data in base64; else both are
   * empty. */
  struct span mime_type, data;
};

struct env_entry {
  struct span name, value;
};

struct config_entry { /* harnessOptions.config */
  struct span id;
  struct span text; /* a string */
  bool is_bool, on; /* true, false */
};

struct session_request {          /* session: the agent's own, taken along */
  bool export;                    /* told at the end */
  struct span archive;            /* to be brought, base64 … */
  struct span url, token, sha256; /* … or from there; what is not given is empty */
};

struct run_deadlines { /* 0 = not given in the request, else milliseconds */
  unsigned run_ms, start_ms, idle_ms, tool_ms, kill_grace_ms, drain_ms, background_ms,
      setup_ms, approval_ms;
  bool has_idle, has_background, has_approval; /* they may be given as 0 = off */
};

/* harnessOptions: what only some harnesses take; what one does not take is refused. */
struct harness_options {
  struct spans command;        /* acp, command: the program and its arguments */
  struct span output;          /* command: "text", "ndjson" */
  struct span protocol;        /* where an agent speaks several */
  struct span mode;            /* acp: the session's mode */
  struct span agent;           /* acp: one that is known by name */
  struct config_entry *config; /* acp: the session's options */
  size_t config_count;
  struct span auth_method;      /* acp: the id of the way to authenticate */
  struct span sandbox;          /* codex */
  struct spans setting_sources; /* claude-code: "user", "project", "local" */
  bool prompt_commands; /* a prompt may be a command of the agent's, or name files */
};

struct run_request {
  struct span run_id, thread_id, model, harness;
  struct span tool_url, tool_token; /* empty when there are no tools */
  struct message *messages;
  size_t message_count;
  struct message_part *parts;
  size_t part_count;
  struct tools *tools;
  struct host_bridge bridge;

  /* workspace */
  struct span local_path; /* source {type:"local",path}; empty: none */
  struct span root;       /* a name for the workspace folder; "/workspace" when absent */
  struct spans secrets;   /* names of environment variables of the runner */
  struct workspace_plan workspace; /* what is to be found in the folder */

  /* ours, all optional */
  struct spans system_prompts; /* then the messages of system and developer */
  struct span session_id;      /* modelOptions.sessionId: resume */
  struct span permission_mode; /* modelOptions.permissionMode */
  unsigned max_turns;          /* modelOptions.maxTurns; 0: not given */
  struct spans allowed_tools, disallowed_tools;
  struct span effort;
  struct session_request session;
  struct policy policy;      /* and approvals */
  struct span output_schema; /* outputSchema, the sender's bytes; empty: none */
  struct harness_options harness_options;
  struct env_entry *env;
  size_t env_count;
  struct run_deadlines deadlines;
  struct run_budget budget;
  struct span event_format; /* its name; empty: the usual one */
  bool kill_leftovers;      /* after a success too */
  bool no_file_events;      /* fileEvents: no sandbox.file */
  bool detach;              /* onDisconnect: the run goes on without its client */
  size_t max_chunk_bytes;   /* 0: not given */
  unsigned heartbeat_ms;    /* UINT_MAX: not given; 0: off */
  struct span left_out;     /* members that nobody knows, in words; empty: none */
  /* set by the door, borrowed from trace_text and door_text */
  struct span traceparent, tracestate; /* request/trace.h; empty: none */
  struct callback callback;            /* where the calls of the one tool go */
  unsigned hold_ms;                    /* run/run_hold.h; 0: it is never held */

  /* what holds the spans */
  struct buf text;
  struct buf door_text, trace_text;
  struct json *doc;
  struct buf listed; /* the tools of `bridge`, as its server told them … */
  struct json *listed_doc;
  struct arena *joined; /* lists, and texts that had to be put together */
};

/* Adds the tools of `bridge` (tools_add()): `list` is taken, a JSON array. */
int run_request_add_tools(struct run_request *r, struct buf *list, struct buf *left_out,
                          struct fault *f);
/* Wipes the texts: they hold the tool token and secrets.  NULL is fine. */
void run_request_free(struct run_request *r);

#endif
