/* SPDX-License-Identifier: MIT */
/* runtime.h - what `run` and `serve` both stand on: loop, tool client, folders, settings.
 *
 * Opened once from the options, before any door; ground_close() gives it all back when
 * the last run is over.  */
#ifndef DOOR_RUNTIME_H
#define DOOR_RUNTIME_H

#include "base/buf.h"
#include "base/process.h"
#include "door/options.h"
#include "process/agent_user.h"
#include "process/cgroup.h"
#include "service/counters.h"
#include "service/runs.h"

struct signals;
struct signal_news;

struct ground {
  const struct options *options;
  struct uv_loop_s *loop;
  struct http_client *client;
  struct strv environment;       /* the process's, without RUNLET_* */
  struct strv agent_environment; /* with HOME and its like of --agent-user */
  struct identity agent;         /* if there is that option */
  struct buf workspace, state, run_folders;
  struct cgroups cgroups;
  struct run_settings settings;
  struct tally tally;
  struct runs *runs;
  struct signals *signals;
  bool unclean; /* the loop did not run dry at the end: a defect */
};

int ground_open(struct ground *g, const struct options *options, char *const *env,
                struct fault *f);
/* SIGTERM and the like (io/signals.h; all of them when there is a companion), as the
 * doors hear them: not from inside when we are PID 1. */
int ground_listen(struct ground *g,
                  void (*on_signal)(void *who, const struct signal_news *n), void *who,
                  struct fault *f);
void ground_deafen(struct ground *g); /* hears no more signals; any number of times */
void ground_run(struct ground *g);    /* until nothing is left to wait for */
/* After the last run: closes what is open and runs the loop dry.  Safe on a half-opened
 * ground. */
void ground_close(struct ground *g);

#endif
