/* SPDX-License-Identifier: MIT */
/* workspace_progress.h - what is told while a workspace is filled.  */
#ifndef WORKSPACE_WORKSPACE_PROGRESS_H
#define WORKSPACE_WORKSPACE_PROGRESS_H

#include "base/buf.h"

struct workspace_progress { /* of the clone and of each step of the setup */
  struct span step;         /* "clone", or the command */
  const char *state;        /* "started", "done", "failed" */
  int exit_code;            /* -1: there is none */
  struct span output_tail;  /* what it printed last; secrets may be in it */
};

#endif
