/* SPDX-License-Identifier: MIT */
/* descendants.h - all processes below one, by /proc.
 *
 * A subreaper's descendants are its whole subtree at any moment: whoever loses its parent
 * comes to it.  Without a /proc of our own (io/proc_self.h) only our own children are
 * found, without their names, and what is below them when they are gone.  Zombies do not
 * count.  One look is no snapshot: who forks and exits during it may hide its child from
 * it, so look again.  These calls block; they are for the keeper and for tests.  */
#ifndef PROCESS_DESCENDANTS_H
#define PROCESS_DESCENDANTS_H

#include <stddef.h>

/* Calls `each` for every living descendant; returns how many. */
unsigned descendants_each(int root, void (*each)(void *who, int pid, const char *name),
                          void *who);
/* Stops them all (looking again until no new one is found), then kills them all.  Returns
 * how many were killed.  They still have to be reaped. */
unsigned descendants_kill(int root);

struct descendants_but { /* who is spared, with all below it: */
  const int *pids;       /* these, */
  size_t count;
  unsigned long long started; /* and who started before that (descendants_started); */
  int after; /* without /proc, whose numbers were given out before this one; 0: ours */
};
unsigned descendants_kill_but(int root, const struct descendants_but *but);
unsigned long long descendants_started(int pid); /* clock ticks since boot; 0: unknown */

#endif
