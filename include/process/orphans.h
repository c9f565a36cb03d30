/* SPDX-License-Identifier: MIT */
/* orphans.h - reaping what nobody waits for, without ever stealing an exit status.
 *
 * As PID 1, or as the subreaper orphans_open() makes of us, we get every process whose
 * parent died (what a finished run left running on purpose, and its like).  Each is
 * reaped when it dies.  A child that somebody of ours waits for is claimed by its owner
 * right after the fork; it is only looked at (WNOWAIT), never taken.  libuv drops a child
 * that somebody else reaped without calling back, so a plain waitpid(-1) is forbidden
 * here.  */
#ifndef PROCESS_ORPHANS_H
#define PROCESS_ORPHANS_H

#include "base/fault.h"

struct uv_loop_s;

/* Once for a loop, which it does not keep running. */
int orphans_open(struct uv_loop_s *loop, struct fault *f);
void orphans_close(struct uv_loop_s *loop); /* fine when it was not opened */
/* Nothing happens on a loop without orphans_open(). */
void orphans_claim(struct uv_loop_s *loop, int pid);   /* before the loop runs again */
void orphans_release(struct uv_loop_s *loop, int pid); /* its owner has reaped it */
/* Kills every orphan that started when the keeper `pid` did or later (`started`, as /proc
 * tells it; without /proc: whose number was given out later), with all below it, but
 * nothing below a claimed child.  For what a keeper had when it was killed: what became
 * an orphan of another run meanwhile cannot be told from it. */
void orphans_sweep(struct uv_loop_s *loop, int pid, unsigned long long started);

#endif
