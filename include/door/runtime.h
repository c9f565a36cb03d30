/* SPDX-License-Identifier: MIT */
/* runtime.h - what `run` and `serve` both stand on: loop, tool client, folders, settings.
 *
 * Opened once from the options, before any door; runtime_close() gives it all back when
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

struct runtime {
  const struct options *options;
  struct uv_loop_s *loop;
  struct http_client *client;
  struct strv environment;       /* the process's, without RUNLET_* */
  struct strv agent_environment; /* with HOME and its like of --agent-user */
  struct agent_user agent;       /* if there is that option */
  struct buf workspace, state, run_folders;
  struct cgroups cgroups;
  struct run_settings settings;
  struct counters counters;
  struct runs *runs;
  struct signals *signals;
  bool unclean; /* the loop did not run dry at the end: a defect */
};

int runtime_open(struct runtime *g, const struct options *options, char *const *env,
                 struct fault *f);
/* SIGTERM and the like (io/signals.h; all of them when there is a companion), as the
 * doors hear them: not from inside when we are PID 1. */
int runtime_start_signals(struct runtime *g,
                          void (*on_signal)(void *who, const struct signal_news *n),
                          void *who, struct fault *f);
void runtime_stop_signals(
    struct runtime *g);              /* hears no more signals; any number of times */
void runtime_run(struct runtime *g); /* until nothing is left to wait for */
/* After the last run: closes what is open and runs the loop dry.  Safe on a half-opened
 * ground. */
void runtime_close(struct runtime *g);

#endif
