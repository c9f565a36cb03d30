/* SPDX-License-Identifier: MIT */
/* cgroup_parse.h - what the kernel's texts say about a process's control groups.  Pure.
 *
 * /proc/<pid>/cgroup has a line "<n>:<controllers>:<path>" for each hierarchy, v2's being
 * "0::<path>"; /proc/<pid>/mountinfo (proc(5)) says where a hierarchy is mounted, and
 * which of its folders is the mount's root: in a container mostly the process's own.  */
#ifndef PROCESS_CGROUP_PARSE_H
#define PROCESS_CGROUP_PARSE_H

#include "base/buf.h"

struct cgroup_paths { /* folders; empty: there is none, or it is not mounted here */
  struct buf unified; /* v2 */
  struct buf memory;  /* v1's memory controller */
};

struct cgroup_paths cgroup_parse_paths(struct span cgroup, struct span mountinfo);
void cgroup_paths_free(struct cgroup_paths *p);
/* The number behind "oom_kill" in v2's memory.events or v1's memory.oom_control; false:
 * it is not there (kernels before 4.13). */
bool cgroup_parse_kills(struct span text, unsigned long long *kills);

#endif
