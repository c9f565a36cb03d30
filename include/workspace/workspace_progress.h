/* SPDX-License-Identifier: MIT */
/* workspace_progress.h - what is told while a workspace is filled.  */
#ifndef WORKSPACE_WORKSPACE_PROGRESS_H
#define WORKSPACE_WORKSPACE_PROGRESS_H

#include "base/buf.h"

struct workspace_progress { /* of the clone, each step of the setup, … */
  /* "clone", "skill " and its repository, the command, "plugin " and its name */
  struct span step;
  const char *state;       /* "started", "done", "failed" */
  int exit_code;           /* -1: there is none */
  struct span output_tail; /* what it printed last; secrets may be in it */
};

#endif
