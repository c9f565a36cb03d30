/* SPDX-License-Identifier: MIT */
/* launch.h - from the keeper's fork to the agent's exec.
 *
 * The agent gets its own session and group, the default signal mask and dispositions, its
 * user, no descriptor but 0, 1, 2, and dies with its keeper (PR_SET_PDEATHSIG).  */
#ifndef PROCESS_LAUNCH_H
#define PROCESS_LAUNCH_H

#include "process/agent_user.h"

struct launch {
  const char *cwd;
  char **argv;                         /* the program's path, then its argv */
  const struct agent_user *agent_user; /* NULL: the keeper's */
  const char *oom_score;               /* oom_score_set() */
  int cgroup;                          /* an open v2 folder to start in; -1: none */
};

enum launch_step {
  LAUNCH_EXEC,
  LAUNCH_CHDIR,
  LAUNCH_FORK,
  LAUNCH_USER,
  LAUNCH_SUBREAPER, /* the keeper's own, before it launches anything */
  LAUNCH_SIGNALS
};
struct launch_error { /* os 0: none */
  int step, os;
};

/* The agent's pid, or -1 and why: nothing is left to be reaped then. */
int launch(const struct launch *l, struct launch_error *e);

#endif
