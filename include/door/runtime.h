/* SPDX-License-Identifier: MIT */
/* runtime.h - what a door that starts runs stands on: loop, tool client, folders, the
 * agents' user, where spans go, and the settings made of them.
 *
 * Opened once from the options, before the door itself; runtime_close() gives it all back
 * when the last run is over.  */
#ifndef DOOR_RUNTIME_H
#define DOOR_RUNTIME_H

#include "base/buf.h"
#include "base/process.h"
#include "door/folders.h"
#include "door/options.h"
#include "process/agent_user.h"
#include "process/cgroup.h"
#include "service/counters.h"
#include "service/runs.h"
#include "telemetry/otlp_exporter.h"

struct runtime {
  const struct options *options;
  struct uv_loop_s *loop;
  struct http_client *client;
  struct strv environment;       /* the process's, without RUNLET_* */
  struct strv agent_environment; /* with HOME and its like of --agent-user */
  struct agent_user agent;       /* if there is that option */
  struct folders folders;
  struct cgroups cgroups;
  struct run_settings settings;
  struct counters counters;
  struct otlp_settings otlp;
  struct otlp_exporter *traces; /* NULL: spans go nowhere */
  struct runs *runs;
  bool unclean; /* the loop did not run dry at the end: a defect */
};

int runtime_open(struct runtime *g, const struct options *options, char *const *env,
                 struct fault *f);
void runtime_run(struct runtime *g); /* until nothing is left to wait for */
/* The last run is over: what has not left yet does, within LIMIT_OTLP_FLUSH_MS. */
void runtime_flush(struct runtime *g);
/* After the last run: closes what is open and runs the loop dry.  Safe on a half-opened
 * runtime. */
void runtime_close(struct runtime *g);

#endif
