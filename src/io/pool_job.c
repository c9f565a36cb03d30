/* SPDX-License-Identifier: MIT */
#include "io/pool_job.h"

#include "base/mem.h"

#include <stdlib.h>
#include <uv.h>

struct pool_job {
  uv_work_t work;
  void (*in_pool)(void *job);
  void (*done)(void *job);
  void *job;
};

static void in_the_pool(uv_work_t *work)
{
  struct pool_job *p = work->data;
  p->in_pool(p->job);
}

static void back_in_the_loop(uv_work_t *work, int status)
{
  struct pool_job *p = work->data;
  void (*done)(void *job) = p->done;
  void *job = p->job;
  (void)status; /* nobody calls it off */
  free(p);
  done(job);
}

void pool_job_start(struct uv_loop_s *loop, void (*work)(void *job),
                    void (*done)(void *job), void *job)
{
  struct pool_job *p = mem_new(sizeof *p);
  *p = (struct pool_job){.in_pool = work, .done = done, .job = job};
  p->work.data = p;
  (void)uv_queue_work(loop, &p->work, in_the_pool, back_in_the_loop); /* cannot fail */
}
