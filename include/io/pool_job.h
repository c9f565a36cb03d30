/* SPDX-License-Identifier: MIT */
/* pool_job.h - work that would hold the loop up, done in libuv's pool of threads.
 *
 * `work` runs in another thread: nobody else touches its job meanwhile, it logs nothing,
 * and its buffers are charged to no budget (base/budget.h).  `done` comes once, from the
 * loop, on a later turn.  It cannot be called off, and keeps the loop running.  */
#ifndef IO_POOL_JOB_H
#define IO_POOL_JOB_H

struct uv_loop_s;

void pool_job_start(struct uv_loop_s *loop, void (*work)(void *job),
                    void (*done)(void *job), void *job);

#endif
