/* SPDX-License-Identifier: MIT */
/* setup.h - the steps of workspace.setup, one after another in one shell.
 *
 * One /bin/sh in the workspace, as in TanStack's runner, so that what one step exports,
 * and the folder it goes to, hold for the next; but each step is run as it is written (a
 * comment at its end, a reader of stdin, a syntax error are no harm).  The first that
 * fails ends it.  A step has the place's deadline for itself.  What a step leaves running
 * lives until setup_close().  */
#ifndef WORKSPACE_SETUP_H
#define WORKSPACE_SETUP_H

#include "request/workspace_plan.h"
#include "step.h"
#include "workspace/workspace_progress.h"

struct setup;

struct setup_calls {
  void (*on_progress)(void *who, const struct workspace_progress *p);
  /* Once; NULL: all went well. */
  void (*on_done)(void *who, const char *code, struct span message);
};

struct setup *setup_start(const struct step_place *place,
                          const struct workspace_plan *plan,
                          const struct setup_calls *calls, void *who, struct fault *f);
void setup_cancel(struct setup *s);
/* After on_done. */
void setup_close(struct setup *s, bool sweep, void (*closed)(void *who), void *who);

#endif
