/* SPDX-License-Identifier: MIT */
/* run.h - one run, from a valid request to its last event.
 *
 *   ADMITTED -> BEGINNING -> SPEAKING -> ENDING -> OVER
 *
 * run_new() does all that can be refused before anything is promised: harness, tool URL,
 * secrets, workspace, the CLI on PATH.  run_start() sends RUN_STARTED, then opens the
 * bridge, writes the private files and spawns the agent. From then on nothing is refused
 * any more: whatever happens becomes exactly one terminal event.  The run owns the
 * bridge, the child, the events and the private folder and gives them back in the reverse
 * order; `on_over` comes once, never from inside run_start() or run_cancel(), when
 * nothing of the run is left on the loop.  */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/process.h"
#include "event/event.h"
#include "request/run_request.h"

struct uv_loop_s;
struct http_client;
struct agent_user;
struct run;
struct counters; /* service/counters.h */

struct run_settings { /* the same for all runs of a process; outlives them */
  struct uv_loop_s *loop;
  struct http_client *client;
  const struct strv *environment; /* the runner's, without RUNLET_* */
  const char *workspace;          /* absolute */
  bool workspace_per_thread;
  const char *state_folder;
  const char *run_folders;              /* where the runs' private folders are made */
  const struct agent_user *agent;       /* whose the agents are; NULL: ours */
  const struct strv *agent_environment; /* `environment`, with that user's HOME … */
  const char *cgroup, *oom_kills;       /* process/cgroup.h; "": none */
  const char *tool_command;             /* NULL: tools by HTTP */
  size_t line_ceiling;
  struct run_deadlines deadlines; /* defaults, every field set (idle_ms 0 = off) */
  unsigned max_run_ms;            /* caps the request's runMs; 0: no cap */
  unsigned heartbeat_ms, result_grace_ms;
  unsigned bridge_hold_ms, bridge_progress_ms;
  bool mcp_legacy_only;
  struct counters *counters; /* NULL: nobody counts */
};

struct run_outcome {
  bool finished; /* RUN_FINISHED */
  char code[64]; /* else the RUN_ERROR's code */
  unsigned long long events, tool_calls, duration_ms, cpu_ms;
  struct span report; /* members of metadata.runlet, lent for the call */
};

/* `req` is taken in every case. */
struct run *run_new(const struct run_settings *settings, struct run_request *req,
                    struct fault *f);
void run_start(struct run *r, struct sink *sink,
               void (*on_over)(void *who, const struct run_outcome *outcome), void *who);
/* Ends the run with RUN_ERROR (code, message) and kills its agent.  Any number of times,
 * at any time; the first reason stays.  `by`: "client", "api", "signal" or "timeout", for
 * the report.  `grace_ms`: at most that, 0: the run's own. */
void run_cancel(struct run *r, const char *by, const char *code, const char *message,
                unsigned grace_ms);
void run_free(struct run *r); /* only what was never started; NULL is fine */

struct span run_id(const struct run *r);
struct span run_workspace(const struct run *r);

#endif
