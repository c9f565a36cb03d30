/* SPDX-License-Identifier: MIT */
/* runs.c - the list of the runs that were started and are not over. */
#include "service/runs.h"

#include "base/mem.h"

#include <stdlib.h>

struct entry { /* one run that has been started and is not over */
  struct runs *all;
  struct entry *next;
  struct run *run;
  void (*on_over)(void *who, const struct run_outcome *outcome);
  void *who;
};

struct runs {
  const struct run_settings *settings;
  struct entry *first;
  size_t count;
  unsigned most;
  bool shutting_down;
  void (*on_empty)(void *who);
  void *who;
};

struct runs *runs_new(const struct run_settings *settings, unsigned most)
{
  struct runs *all = mem_new(sizeof *all);
  all->settings = settings;
  all->most = most;
  return all;
}

void runs_free(struct runs *all)
{
  free(all);
}

size_t runs_count(const struct runs *all)
{
  return all->count;
}

void runs_hand_over(struct runs *all, const struct run *r, void *who)
{
  for (struct entry *e = all->first; e; e = e->next)
    if (e->run == r)
      e->who = who;
}

static void leave(struct runs *all, struct entry *gone)
{
  struct entry **at = &all->first;
  while (*at != gone)
    at = &(*at)->next;
  *at = gone->next;
  all->count--;
}

/* The list is in order before anybody is told: on_over may start the next run. */
static void run_is_over(void *who, const struct run_outcome *outcome)
{
  struct entry *e = who;
  struct runs *all = e->all;
  leave(all, e);
  e->on_over(e->who, outcome);
  free(e);
  if (all->count == 0 && all->on_empty) {
    void (*on_empty)(void *) = all->on_empty;
    all->on_empty = NULL;
    on_empty(all->who);
  }
}

static int check_place(const struct runs *all, const struct run_request *req,
                       struct fault *f)
{
  if (all->shutting_down)
    return fault_set(f, FAULT_BUSY, "shutting down");
  if (all->count >= all->most)
    return fault_set(f, FAULT_BUSY,
                     "%zu runs are going on, which is the maximum (--max-runs)",
                     all->count);
  for (const struct entry *e = all->first; e; e = e->next)
    if (span_equal(run_id(e->run), req->run_id))
      return fault_set(f, FAULT_CONFLICT, "run %.*s is going on already",
                       (int)req->run_id.len, req->run_id.at);
  return 0;
}

/* Two agents in one folder would undo each other's work.  The folder is known only when
 * the run was admitted. */
static int check_workspace(const struct runs *all, const struct run *r, struct fault *f)
{
  for (const struct entry *e = all->first; e; e = e->next)
    if (span_equal(run_workspace(e->run), run_workspace(r)))
      return fault_set(f, FAULT_CONFLICT,
                       "workspace %.*s is in use by run %.*s (--workspace-per-thread "
                       "gives each thread its own)",
                       (int)run_workspace(r).len, run_workspace(r).at,
                       (int)run_id(e->run).len, run_id(e->run).at);
  return 0;
}

/* Two agents that go on with one session write over each other's part of it. */
static int check_session(const struct runs *all, const struct run *r, struct fault *f)
{
  for (const struct entry *e = all->first; e; e = e->next)
    if (run_shares_session(e->run, r))
      return fault_set(f, FAULT_CONFLICT,
                       "the session modelOptions.sessionId is in use by run %.*s: post "
                       "again when that is over",
                       (int)run_id(e->run).len, run_id(e->run).at);
  return 0;
}

struct run *runs_start(struct runs *all, struct run_request *req,
                       struct sink *(*sink_of)(void *who, struct run *r),
                       void (*on_over)(void *who, const struct run_outcome *outcome),
                       void *who, struct fault *f)
{
  if (check_place(all, req, f) < 0) {
    run_request_free(req);
    return NULL;
  }
  struct run *r = run_new(all->settings, req, f);
  if (!r)
    return NULL;
  if (check_session(all, r, f) < 0 || check_workspace(all, r, f) < 0) {
    run_free(r);
    return NULL;
  }
  struct entry *e = mem_new(sizeof *e);
  *e = (struct entry){all, all->first, r, on_over, who};
  all->first = e;
  all->count++;
  run_start(r, sink_of(who, r), run_is_over, e);
  return r;
}

void runs_shutdown(struct runs *all, unsigned grace_ms, void (*on_empty)(void *who),
                   void *who)
{
  all->shutting_down = true;
  all->on_empty = on_empty;
  all->who = who;
  for (struct entry *e = all->first; e; e = e->next)
    run_cancel(e->run, "signal", "runner-shutdown", "the runner is shutting down",
               grace_ms);
  if (all->count == 0 && on_empty) {
    all->on_empty = NULL;
    on_empty(who);
  }
}
