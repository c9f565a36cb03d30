/* SPDX-License-Identifier: MIT */
/* workspace_fill.h - filling the folder in which an agent works, as its request asks.
 *
 *   a clone of `source` (git)   code `clone-failed`, `workspace-conflict`
 *   files, AGENTS.md            `workspace-failed`
 *   the setup                   `setup-failed`
 *
 * in this order, each only if it is asked for.  It is done once for a folder, a thread
 * and what is asked, and remembered (`memory`); when that changes, all is done again but
 * the clone, for nothing in a folder is ever deleted: one that holds another repository,
 * or anything else where a clone is to go, is refused.  A folder is filled by one at a
 * time, over processes too.
 *
 * workspace_fill_check() says before anything is promised what the request can be blamed
 * for.  on_done comes once, never from inside workspace_fill_open(); a cancel brings it
 * early, with code "".  What steps of the setup left running lives until
 * workspace_fill_close().  */
#ifndef WORKSPACE_WORKSPACE_FILL_H
#define WORKSPACE_WORKSPACE_FILL_H

#include "base/process.h"
#include "process/keeper.h"
#include "request/run_request.h"
#include "workspace/workspace_progress.h"

struct uv_loop_s;
struct workspace_fill;

struct workspace_setup { /* outlives the workspace */
  struct uv_loop_s *loop;
  const struct run_request *req;
  const char *folder;     /* absolute */
  const char *memory;     /* folder in which is noted what was done; NULL: nowhere */
  const struct strv *env; /* the agent's */
  struct keeper_terms terms;
  unsigned setup_ms, kill_grace_ms;
};

struct workspace_calls {
  void (*on_progress)(void *who, const struct workspace_progress *p);
  /* `code` NULL: the folder is filled. */
  void (*on_done)(void *who, const char *code, struct span message);
};

/* FAULT_BAD_INPUT, naming the field.  `path_variable`: where git is looked for. */
int workspace_fill_check(const struct run_request *req, const char *path_variable,
                         struct fault *f);
struct workspace_fill *workspace_fill_open(const struct workspace_setup *setup,
                                           const struct workspace_calls *calls,
                                           void *who);
void workspace_fill_cancel(struct workspace_fill *w);
/* After on_done.  `sweep`: what the setup left running is ended.  `closed` comes once, on
 * a later turn. */
void workspace_fill_close(struct workspace_fill *w, bool sweep, void (*closed)(void *who),
                          void *who);

#endif
