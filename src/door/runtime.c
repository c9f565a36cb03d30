/* SPDX-License-Identifier: MIT */
/* runtime.c - see runtime.h. */
#include "door/runtime.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/http_client.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/signals.h"
#include "process/keeper.h"
#include "process/oom_score.h"
#include "process/orphans.h"
#include "run/environment.h"
#include "run/workspace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct listener { /* between io/signals.h and the door: who is not obeyed */
  void (*on_signal)(void *who, const struct signal_news *n);
  void *who;
};

static void sweep(const char *folder)
{
  unsigned stale = files_sweep_stale(folder, "run");
  if (stale > 0)
    log_line(LOG_INFO, (struct span){0},
             "removed %u private folders of runners that died", stale);
}

/* An agent of another user cannot pass the state folder, and shall not: its runs' folders
 * are in one beside it. */
static int open_run_folders(struct runtime *g, struct fault *f)
{
  buf_add(&g->run_folders, buf_span(&g->state));
  if (!g->options->agent_user)
    return 0;
  buf_add_text(&g->run_folders, "-agent");
  if (files_open_state(buf_cstring(&g->run_folders), true, f) < 0)
    return -1;
  sweep(g->run_folders.at);
  if (agent_user_check(&g->agent, g->run_folders.at, false, f) < 0)
    return fault_prefix(f, "--agent-user %s with --state-dir", g->options->agent_user);
  return 0;
}

static int open_state(struct runtime *g, struct fault *f)
{
  const char *temporary = strv_env(&g->environment, "TMPDIR");
  if (g->options->state_dir)
    buf_add_text(&g->state, g->options->state_dir);
  else
    buf_addf(&g->state, "%s/runlet-%u", temporary && temporary[0] ? temporary : "/tmp",
             (unsigned)geteuid());
  if (files_open_state(buf_cstring(&g->state), false, f) < 0)
    return -1;
  sweep(g->state.at);
  return open_run_folders(g, f);
}

/* -- the agent's user -- */

static int find_agent(struct runtime *g, struct fault *f)
{
  const struct options *o = g->options;
  for (size_t i = 0; i < g->environment.count; i++)
    strv_add(&g->agent_environment, span_of(g->environment.at[i]));
  if (!o->agent_user && o->agent_may_gain_privileges)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--agent-may-gain-privileges needs --agent-user");
  if (!o->agent_user)
    return 0;
  if (geteuid() != 0)
    return fault_set(f, FAULT_BAD_INPUT,
                     "--agent-user: runlet must be started as root, not as uid %u",
                     (unsigned)geteuid());
  if (agent_user_find(o->agent_user, &g->agent, &g->agent_environment, f) < 0)
    return fault_prefix(f, "--agent-user");
  g->agent.may_gain = o->agent_may_gain_privileges;
  return 0;
}

static int open_workspace(struct runtime *g, bool serve, struct fault *f)
{
  const struct options *o = g->options;
  if (workspace_base(o->workspace, serve, &g->workspace, f) < 0)
    return -1;
  /* The folder of a thread is made for it, so it need only get there. */
  if (o->agent_user &&
      agent_user_check(&g->agent, g->workspace.at, !o->workspace_per_thread, f) < 0)
    return fault_prefix(f, "--agent-user %s with --workspace", o->agent_user);
  return 0;
}

static int check_tool_command(const struct options *o, struct fault *f)
{
  if (!o->tool_command || access("/bin/sh", X_OK) == 0)
    return 0;
  return fault_set(f, FAULT_BAD_INPUT, "--tool-command needs /bin/sh, which is not here");
}

static void fill_settings(struct runtime *g)
{
  const struct options *o = g->options;
  g->settings = (struct run_settings){
      .loop = g->loop,
      .client = g->client,
      .environment = &g->environment,
      .workspace = g->workspace.at,
      .workspace_per_thread = o->workspace_per_thread,
      .state_folder = g->state.at,
      .run_folders = g->run_folders.at,
      .agent = o->agent_user ? &g->agent : NULL,
      .agent_environment = &g->agent_environment,
      .cgroup = buf_cstring(&g->cgroups.folder),
      .oom_kills = buf_cstring(&g->cgroups.kills),
      .tool_command = o->tool_command,
      .line_ceiling = (size_t)o->max_line_bytes,
      .deadlines = {.run_ms = (unsigned)o->run_timeout_ms,
                    .start_ms = (unsigned)o->start_timeout_ms,
                    .idle_ms = (unsigned)o->idle_timeout_ms,
                    .tool_ms = (unsigned)o->tool_timeout_ms,
                    .kill_grace_ms = (unsigned)o->kill_grace_ms,
                    .drain_ms = (unsigned)o->drain_ms},
      .max_run_ms = (unsigned)o->max_run_ms,
      .heartbeat_ms = (unsigned)o->heartbeat_ms,
      .result_grace_ms = (unsigned)o->result_grace_ms,
      .bridge_hold_ms = (unsigned)o->bridge_hold_ms,
      .bridge_progress_ms = (unsigned)o->bridge_progress_ms,
      .mcp_legacy_only = o->mcp_legacy_only,
      .counters = &g->counters,
  };
}

int runtime_open(struct runtime *g, const struct options *options, char *const *env,
                 struct fault *f)
{
  *g = (struct runtime){.options = options};
  g->environment = secrets_environment(env);
  g->workspace = buf_make(8 * KIB);
  g->state = buf_make(8 * KIB);
  g->run_folders = buf_make(8 * KIB);
  if (check_tool_command(options, f) < 0 || find_agent(g, f) < 0 ||
      keeper_prepare(f) < 0 || open_state(g, f) < 0)
    return -1;
  bool serve = options->command == COMMAND_SERVE;
  if (open_workspace(g, serve, f) < 0)
    return -1;
  oom_score_lower();
  cgroups_find(&g->cgroups);
  g->loop = loop_new(f);
  if (!g->loop || orphans_open(g->loop, f) < 0)
    return -1;
  struct http_client_setup client = {g->loop, options->ca_file};
  g->client = http_client_open(&client, f);
  if (!g->client)
    return -1;
  fill_settings(g);
  g->runs = runs_new(&g->settings, serve ? (unsigned)options->max_runs : 1);
  return 0;
}

static void heard_signal(void *who, const struct signal_news *n)
{
  struct listener *l = who;
  if (getpid() == 1 && n->inside) {
    log_line(LOG_WARN, (struct span){0},
             "signal %d from process %d in this container is not obeyed", n->number,
             n->pid);
    return;
  }
  l->on_signal(l->who, n);
}

int runtime_start_signals(struct runtime *g,
                          void (*on_signal)(void *who, const struct signal_news *n),
                          void *who, struct fault *f)
{
  static struct listener listener; /* one process, one door */
  listener = (struct listener){on_signal, who};
  g->signals =
      signals_open(g->loop, g->options->companion ? SIGNALS_ALL : SIGNALS_THAT_END,
                   heard_signal, &listener, f);
  return g->signals ? 0 : -1;
}

void runtime_stop_signals(struct runtime *g)
{
  signals_close(g->signals);
  g->signals = NULL;
}

void runtime_run(struct runtime *g)
{
  loop_run(g->loop);
}

void runtime_close(struct runtime *g)
{
  runtime_stop_signals(g);
  if (g->client)
    http_client_close(g->client, NULL, NULL);
  if (g->loop)
    orphans_close(g->loop);
  if (g->loop)
    g->unclean = !loop_free(g->loop);
  runs_free(g->runs);
  strv_free(&g->environment);
  strv_free(&g->agent_environment);
  cgroups_free(&g->cgroups);
  buf_free(&g->run_folders);
  buf_free(&g->workspace);
  buf_free(&g->state);
  log_forget_all();
}
