/* SPDX-License-Identifier: MIT */
/* cgroup.h - what control groups do for a run, where there are some.
 *
 * Two things, each on its own: the kernel's count of processes it killed for memory
 * (v2's memory.events, v1's memory.oom_control, of the group we are in); and, where a v2
 * hierarchy can be written, a group for each run below ours, so that one write to its
 * cgroup.kill (Linux 5.14) ends all that is in it at once, whoever forks meanwhile.
 *
 * Nothing here is needed: each call does nothing where there is nothing.  An agent that
 * is root may leave its group; then the keeper's walk through /proc finds it.  */
#ifndef PROCESS_CGROUP_H
#define PROCESS_CGROUP_H

#include "base/buf.h"

struct cgroups {     /* of this process, found once */
  struct buf kills;  /* a file for cgroup_kills(); empty: none */
  struct buf folder; /* groups can be made and killed in it; empty: they cannot */
};

/* Also removes groups whose keeper was killed. */
void cgroups_look_up(struct cgroups *c);
void cgroups_free(struct cgroups *c);
unsigned long long cgroup_kills(const char *file); /* "" or not to be read: 0 */

enum { CGROUP_NAME_BYTES = 48 };

/* The group of one keeper; for process/keeper.c. */
struct cgroup {
  const char *parent; /* borrowed */
  int fd;             /* to start in (process/launch.h); -1: there is none */
  char name[CGROUP_NAME_BYTES];
};
/* "runlet-<pid namespace>-<keeper's pid>": two runlets in PID namespaces of their own may
 * be in one group, and then their keepers have the same pids. */
void cgroup_name(char name[CGROUP_NAME_BYTES], int keeper);
struct cgroup cgroup_make(const char *parent); /* "": none */
bool cgroup_kill(const struct cgroup *c);      /* all in it; false: it cannot */
/* What still lives in it goes back to the parent, then it is removed. */
void cgroup_leave(struct cgroup *c);
/* For whoever survives a keeper that was killed: all in its group dies, and it is
 * removed. Waits for that, 20 ms at most. */
void cgroup_end(const char *parent, int keeper);

#endif
