/* SPDX-License-Identifier: MIT */
/* workspace_setup.h - what a workspace is filled with and for whom, and who is told.  */
#ifndef WORKSPACE_WORKSPACE_SETUP_H
#define WORKSPACE_WORKSPACE_SETUP_H

#include "base/process.h"
#include "process/keeper.h"
#include "request/run_request.h"
#include "workspace/workspace_progress.h"

struct uv_loop_s;

struct workspace_setup { /* outlives the workspace */
  struct uv_loop_s *loop;
  const struct run_request *req;
  const char *folder;     /* absolute */
  const char *memory;     /* folder in which is noted what was done; NULL: nowhere */
  const struct strv *env; /* the agent's */
  struct keeper_terms terms;
  unsigned setup_ms, kill_grace_ms;
  const char *skills;  /* the agent's (agent/harness.h); NULL: it reads none */
  const char *plugins; /* the program that installs its plugins; NULL: it has none */
};

struct workspace_calls {
  void (*on_progress)(void *who, const struct workspace_progress *p);
  void (*on_warning)(void *who, const char *code, struct span message);
  /* `code` NULL: the folder is filled. */
  void (*on_done)(void *who, const char *code, struct span message);
};

#endif
