/* SPDX-License-Identifier: MIT */
/* resources.h - what one agent needs to work: its folder, environment, program, bridge
 * and process.
 *
 *   resources_admit()  before anything is promised: all that can be refused.  No side
 *                      effect but a thread's workspace folder
 *   resources_prepare()  the private folder, and what the request wants to find in its
 *                      workspace
 *   resources_open()   the bridge (listening), the harness's plan, its files, the
 *                      process, in this order
 *   resources_close()  the reverse; afterwards nothing can read the folder or use the
 *                      token any more
 *
 * What was opened half-way is closed like the whole.  */
#ifndef RUN_RESOURCES_H
#define RUN_RESOURCES_H

#include "agent/harness.h"
#include "agent_http.h"
#include "agent_servers.h"
#include "bridge/bridge.h"
#include "deadlines.h"
#include "process/child.h"
#include "run/run_settings.h"
#include "tool/server_tools.h"
#include "tool/tool_call.h"
#include "tool/tool_relay.h"
#include "tool/tool_split.h"
#include "workspace/workspace_fill.h"

struct loop_timer;

struct resources {
  const struct run_settings *settings;
  struct budget *budget;         /* of all that is held for it */
  const struct run_request *req; /* the run's; outlives the resources */
  const struct harness *harness;
  struct buf workspace, folder, program;
  int folder_lock;
  struct strv env;
  struct tool_source tools;  /* where they are … */
  struct tool_server server; /* … if `bridge` has some … */
  struct tool_source server_tools;
  struct server_tools *listing; /* … while it is asked for them … */
  struct tool_relay relay;      /* … if the door takes their calls … */
  struct tool_split split;      /* … those that the client runs to the relay … */
  struct tool_route route;      /* … and how they are called */
  struct tool_line line;        /* … how many at once … */
  struct agent_servers servers; /* beside them */
  struct tool_offer offer;      /* … and as what the agent sees them */
  /* NULL: nothing was wanted of the workspace */
  struct workspace_fill *filling;
  struct workspace_setup filling_setup;
  struct bridge *bridge;         /* NULL: no tools */
  struct child *child;           /* NULL: not spawned */
  struct agent_http *agent_http; /* to the agent's own server; NULL: not spawned */
  char secret[65];               /* for the harness (plan_place); "": not made yet */
  unsigned long long spawned_ms; /* clock_ticks_ms */
  bool dialogue; /* somebody talks with the agent (plan_place): set before the opening */
  bool words;    /* more words of the user may come (plan_place): likewise */
  bool reads_on; /* its agent has a dialogue on stdin, which ends when we end it */
  bool sweep;    /* at the close: what the setup left running is ended */
  unsigned closing;        /* parts that are not closed yet … */
  struct loop_timer *last; /* … this among them: `closed` is never from inside */
  void (*closed)(void *who);
  void *who;
};

struct resources_calls { /* they outlive the resources */
  struct child_calls child;
  void (*on_aside)(void *who, struct span line); /* process/child.h */
  struct agent_http_calls agent_http;
  struct workspace_calls workspace;
  /* A tool's result broke the promise of its outputSchema (bridge/bridge.h). */
  void (*on_unstructured)(void *who, const struct tool *tool);
};

/* FAULT_BAD_INPUT for everything the request can be blamed for.  resources_free() in
 * every case. */
int resources_admit(struct resources *s, const struct run_settings *settings,
                    const struct run_request *req, struct budget *budget,
                    struct fault *f);
/* 1: the workspace is being filled, and calls->workspace.on_done comes; 0: it is as it is
 * wanted.  When it fails, `code` is what the RUN_ERROR is called. */
int resources_prepare(struct resources *s, const struct deadlines *deadlines,
                      const struct resources_calls *calls, void *who, const char **code,
                      struct fault *f);
/* After that.  `code` likewise. */
int resources_open(struct resources *s, void *harness_state,
                   const struct deadlines *deadlines, const struct resources_calls *calls,
                   void *who, const char **code, struct fault *f);
/* Of every process that it starts. */
struct keeper_terms resources_terms(const struct resources *s);
/* `closed` comes once, on a later turn. */
void resources_close(struct resources *s, void (*closed)(void *who), void *who);
void resources_free(struct resources *s); /* after `closed`, or never opened */

#endif
