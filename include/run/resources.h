/* SPDX-License-Identifier: MIT */
/* resources.h - what one agent stands on: its folder, environment, program, bridge and
 * process.
 *
 *   stage_admit   before anything is promised: all that can be refused, no side effect
 * but a thread's folder stage_raise   private folder, bridge (listening), the harness's
 * plan, its files, the process - in this order stage_strike  the reverse; afterwards
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

struct stage {
  const struct run_settings *settings;
  const struct run_request *req; /* the run's; outlives the stage */
  const struct harness *harness;
  struct buf workspace, folder, program;
  int folder_lock;
  struct strv env;
  struct tool_route route;
  struct bridge *bridge;         /* NULL: no tools */
  struct child *child;           /* NULL: not spawned */
  struct link *link;             /* to the agent's own server; NULL: not spawned */
  char secret[65];               /* for the harness (plan_place); "": none yet */
  unsigned long long spawned_ms; /* ids_ticks_ms */
  struct loop_timer *last;       /* strike: never calls back from inside */
  unsigned closing;
  void (*struck)(void *who);
  void *who;
};

struct stage_calls {
  struct child_calls child;
  struct link_calls link; /* `child` and `link` outlive the stage */
};

/* FAULT_BAD_INPUT for everything the request can be blamed for. */
int stage_admit(struct stage *s, const struct run_settings *settings,
                const struct run_request *req, struct fault *f);
/* `code`: what the RUN_ERROR is called when it fails. */
int stage_raise(struct stage *s, void *harness_state, const struct deadlines *deadlines,
                const struct stage_calls *calls, void *who, const char **code,
                struct fault *f);
/* `struck` comes once, on a later turn. */
void stage_strike(struct stage *s, void (*struck)(void *who), void *who);
void stage_free(struct stage *s); /* after strike, or never raised */

#endif
