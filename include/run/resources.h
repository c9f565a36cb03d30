/* SPDX-License-Identifier: MIT */
/* resources.h - what one agent stands on: its folder, environment, program, bridge and
 * process.
 *
 *   resources_admit   before anything is promised: all that can be refused, no side effect
 * but a thread's folder resources_open   private folder, bridge (listening), the harness's
 * plan, its files, the process - in this order resources_close  the reverse; afterwards
 * nothing can read the folder or use the token any more A stage that was raised half-way
 * is struck like a whole one.  */
#ifndef RUN_RESOURCES_H
#define RUN_RESOURCES_H

#include "agent/harness.h"
#include "bridge/bridge.h"
#include "process/child.h"
#include "run/agent_http.h"
#include "run/deadlines.h"
#include "run/run.h"

struct loop_timer;

struct resources {
  const struct run_settings *settings;
  const struct run_request *req; /* the run's; outlives the resources */
  const struct harness *harness;
  struct buf workspace, folder, program;
  int folder_lock;
  struct strv env;
  struct tool_route route;
  struct bridge *bridge;         /* NULL: no tools */
  struct child *child;           /* NULL: not spawned */
  struct agent_http *agent_http; /* to the agent's own server; NULL: not spawned */
  char secret[65];               /* for the harness (plan_place); "": none yet */
  unsigned long long spawned_ms; /* ids_ticks_ms */
  struct loop_timer *last;       /* strike: never calls back from inside */
  unsigned closing;
  void (*struck)(void *who);
  void *who;
};

struct resources_calls {
  struct child_calls child;
  struct agent_http_calls agent_http; /* `child` and `link` outlive the resources */
};

/* FAULT_BAD_INPUT for everything the request can be blamed for. */
int resources_admit(struct resources *s, const struct run_settings *settings,
                    const struct run_request *req, struct fault *f);
/* `code`: what the RUN_ERROR is called when it fails. */
int resources_open(struct resources *s, void *harness_state,
                   const struct deadlines *deadlines, const struct resources_calls *calls,
                   void *who, const char **code, struct fault *f);
/* `struck` comes once, on a later turn. */
void resources_close(struct resources *s, void (*struck)(void *who), void *who);
void resources_free(struct resources *s); /* after strike, or never raised */

#endif
