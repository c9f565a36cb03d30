/* SPDX-License-Identifier: MIT */
/* keeper.h - the small process between runlet and one agent.
 *
 * Orphans of several runs cannot be told apart by one subreaper, so each run has its own:
 * this program, started again with a private first argument.  It is the subreaper of
 * whatever the agent starts, waits for all of it, tells the agent's exit status and
 * resource use, and on the run's kill walks its own descendants until there are none
 * left. When runlet itself dies (its end of the control socket closes), the keeper sweeps
 * the run, removes the run's private folder and exits: PR_SET_PDEATHSIG alone would leave
 * shells in their own session alive.
 *
 * The keeper's descriptors: 0, 1, 2 are the agent's standard streams (closed in the
 * keeper as soon as the agent has them), 3 is the control socket.  Its environment is the
 * agent's.  Commands to it and records from it are the fixed-size structs below; both
 * ends are the same binary.  */
#ifndef PROCESS_KEEPER_H
#define PROCESS_KEEPER_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct agent_user;

/* argv: runlet --keeper <folder> <agent user> <oom score> <oom kills> <cgroup> <cwd>
 * <program> <argv…>; the first five, and what is in them, as struct keeper_terms and
 * oom_score_usual() have it, "" for none. */
#define KEEPER_ARGUMENT   "--keeper"
#define KEEPER_CONTROL_FD 3

enum keeper_order {
  /* TERM to the agent's group; after grace_ms as KEEPER_SWEEP. */
  KEEPER_STOP = 1,
  /* KILL to all that is left, until nothing is or LIMIT_SWEEP_MS are over (then what is
   * left is named by KEEPER_LEFT); then KEEPER_SETTLED. */
  KEEPER_SWEEP,
  /* Names what is left, then KEEPER_SETTLED and exit; the orphans fall to runlet.  After
   * a KEEPER_STOP the agent's own group ends first, or is killed. */
  KEEPER_LET_GO
};
struct keeper_command {
  uint32_t order, grace_ms;
};

enum keeper_news {
  KEEPER_STARTED = 1, /* pid */
  KEEPER_NO_EXEC,     /* status: errno; what: enum launch_step (process/launch.h) */
  KEEPER_EXITED,      /* the agent: status, signal, core, oom, cpu_ms, max_rss_kib */
  KEEPER_LEFT,        /* pid, name: one process that is still there */
  KEEPER_SETTLED      /* the last record; the keeper exits */
};
struct keeper_record {
  uint32_t news;
  int32_t pid, status, signal;
  uint32_t core, oom, what;
  uint64_t cpu_ms, max_rss_kib;
  char name[16];
};

struct keeper_terms { /* on which an agent is kept; all may be NULL: none */
  const char *folder; /* removed when runlet is killed */
  const struct agent_user *agent_user; /* whose the agent is */
  const char *kills;                   /* file that counts processes killed for memory */
  const char *cgroup;                  /* v2 folder, in which the run gets its own */
};

/* The keeper's whole life; the exit status of the process.  Called by main when argv[1]
 * is KEEPER_ARGUMENT. */
int keeper_main(int argc, char **argv);

/* runlet's side: opens our own program file, once, at the start (an empty root has no
 * /proc; a file may be replaced). */
int keeper_prepare(struct fault *f);
/* Forks and executes a keeper with these descriptors as its 0..3; the parent's copies
 * stay open.  Its pid, or -1. */
int keeper_spawn(const int fds[4], char *const *argv, char *const *env, struct fault *f);

#endif
