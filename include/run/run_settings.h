/* SPDX-License-Identifier: MIT */
/* run_settings.h - what is the same for all runs of a process.  It outlives them. */
#ifndef RUN_RUN_SETTINGS_H
#define RUN_RUN_SETTINGS_H

#include "base/process.h"
#include "request/run_request.h"
#include "run/run_outcome.h"

struct uv_loop_s;
struct http_client;
struct agent_user;
struct otlp_exporter;

/* A door that runs the host tools over its own wire: run/run_tools.h. */
struct run_tools {
  /* An agent's call of a host tool, by the host's name for it.  `id` is for the answer
   * only: the events have the agent's own.  args_json: raw JSON.  All lent. */
  void (*on_call)(void *who, struct span id, struct span name, struct span args_json);
  /* No answer is wanted any more: its time (toolMs) is over, the agent has cancelled it,
   * or the run is ending. */
  void (*on_over)(void *who, struct span id);
  void *who;
};

struct run_settings {
  struct uv_loop_s *loop;
  struct http_client *client;
  const struct strv *environment; /* the runner's, without RUNLET_* */
  const char *workspace;          /* absolute */
  bool workspace_per_thread;
  const char *workspace_memory;         /* what was done in workspaces; NULL: nowhere */
  const char *run_folders;              /* where the runs' private folders are made */
  const struct agent_user *agent;       /* whose the agents are; NULL: ours */
  const struct strv *agent_environment; /* `environment`, with that user's HOME … */
  const char *cgroup, *oom_kills;       /* process/cgroup.h; "": none */
  const char *tool_command;             /* NULL: tools by HTTP */
  const struct run_tools *tools;        /* who takes the calls of tools; NULL: nobody */
  size_t line_ceiling;
  struct run_deadlines deadlines; /* defaults, every field set (idle_ms 0 = off) */
  unsigned max_run_ms;            /* caps the request's runMs; 0: no cap */
  struct run_budget max_budget;   /* caps the request's */
  unsigned own_port;              /* where the service listens; 0: nowhere */
  unsigned heartbeat_ms, result_grace_ms;
  unsigned bridge_hold_ms, bridge_progress_ms;
  size_t run_memory_bytes;                              /* base/budget.h; 0: any */
  unsigned max_run_calls, max_calls, max_waiting_calls; /* tool/tool_places.h */
  unsigned max_agent_retries; /* agent/agent_retries.h; 0: any number */
  bool mcp_legacy_only;
  /* What agents say, as agent/agent_session.h records it; may be NULL. */
  void (*on_heard)(void *who, struct span line);
  void *heard_who;
  /* For each tool call that ended, before the agent gets its answer; may be NULL. */
  void (*on_tool_ended)(void *context, enum run_tool_end how, unsigned ms);
  void *tool_context;
  struct otlp_exporter *traces; /* where spans go; NULL: nowhere */
  bool otlp_content;            /* … with what was asked and said */
};

#endif
