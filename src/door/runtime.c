/* SPDX-License-Identifier: MIT */
/* runtime.c - opened in the order in which the parts need each other; the options are
 * checked before anything is left behind.  */
#include "door/runtime.h"

#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/http_client.h"
#include "io/files.h"
#include "io/loop.h"
#include "io/proc_self.h"
#include "process/keeper.h"
#include "process/oom_score.h"
#include "process/orphans.h"
#include "process/remover.h"
#include "run/environment.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

static int find_agent(struct runtime *g, struct fault *f)
{
  const struct run_options *o = &g->options->run;
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
  if (agent_user_check_rights(f) < 0 ||
      agent_user_look_up(o->agent_user, &g->agent, &g->agent_environment, f) < 0)
    return fault_prefix(f, "--agent-user");
  g->agent.may_gain = o->agent_may_gain_privileges;
  return 0;
}

/* What leaves its session is then found one by one, and named by its number alone. */
static void warn_of_proc(void)
{
  static const char *const said[] = {
      [PROC_NONE] = "there is no /proc",
      [PROC_FOREIGN] = "/proc is of another PID namespace, and not believed"};
  enum proc_self what = proc_self_look_up();
  if (what != PROC_OURS)
    log_line(LOG_WARN, (struct span){0},
             "%s: processes that an agent leaves have no names and are ended one by one",
             said[what]);
}

/* What agents keep (logins, sessions) is there; a container may have no such variable. */
static void find_home(struct runtime *g)
{
  const char *home = strv_env(&g->agent_environment, "HOME");
  const struct passwd *p = home && home[0] ? NULL : getpwuid(geteuid());
  struct fault f = {0};
  if (!home || !home[0])
    home = p && p->pw_dir[0] == '/' ? p->pw_dir : g->folders.workspace.at;
  int failed = g->settings.agent ? agent_user_check(g->settings.agent, home, true, &f)
                                 : files_check_folder(home, &f);
  if (failed)
    log_line(LOG_WARN, (struct span){0},
             "HOME: %s: agents cannot keep their logins and sessions", f.text);
  strv_set_env(&g->agent_environment, "HOME", span_of(home));
}

/* The headers are secrets: no agent gets them, and /proc/<pid>/environ shows this
 * memory. */
static int find_collector(struct runtime *g, char *const *env, struct fault *f)
{
  if (otlp_settings_read(g->options->run.otlp_endpoint, env, &g->otlp, f) < 0)
    return -1;
  if (g->otlp.note.len > 0)
    log_line(LOG_WARN, (struct span){0}, "%s", buf_cstring(&g->otlp.note));
  for (const char *const *h = g->otlp.headers; *h; h++)
    log_hide(span_of(strchr(*h, ' ') + 1));
  for (size_t i = 0; env[i] && g->otlp.url.len > 0; i++)
    if (otlp_settings_is_secret(env[i]))
      mem_wipe(env[i], strlen(env[i]));
  return 0;
}

static int check_tool_command(const struct options *o, struct fault *f)
{
  if (!o->run.settings.tool_command || access("/bin/sh", X_OK) == 0)
    return 0;
  return fault_set(f, FAULT_BAD_INPUT, "--tool-command needs /bin/sh, which is not here");
}

/* What the options said, and what has been opened since. */
static void fill_settings(struct runtime *g, const struct agent_user *agent)
{
  struct run_settings *s = &g->settings;
  *s = g->options->run.settings;
  s->loop = g->loop;
  s->client = g->client;
  s->environment = &g->environment;
  s->agent_environment = &g->agent_environment;
  s->agent = agent;
  s->workspace = g->folders.workspace.at;
  s->run_folders = g->folders.runs.at;
  s->workspace_memory = g->folders.memory.at;
  s->cgroup = buf_cstring(&g->cgroups.folder);
  s->oom_kills = buf_cstring(&g->cgroups.kills);
  s->line_ceiling = g->options->max_line_bytes;
  s->traces = g->traces;
  s->on_tool_ended = counters_tool_call;
  s->tool_context = &g->counters;
}

static int open_loop(struct runtime *g, struct fault *f)
{
  char token[3]; /* what cannot be drawn is said before a library fails for it */
  g->loop = loop_new(f);
  if (!g->loop || ids_token(token, 1, f) < 0 || orphans_open(g->loop, f) < 0)
    return -1;
  struct http_client_setup client = {g->loop, g->options->run.ca_file};
  g->client = http_client_open(&client, f);
  if (g->client && g->otlp.url.len > 0)
    g->traces = otlp_exporter_open(g->loop, g->client, &g->otlp);
  return g->client ? 0 : -1;
}

int runtime_open(struct runtime *g, const struct options *options, char *const *env,
                 struct fault *f)
{
  *g = (struct runtime){.options = options};
  if (find_collector(g, env, f) < 0)
    return -1;
  g->environment = environment_of_runner(env);
  const struct agent_user *agent = options->run.agent_user ? &g->agent : NULL;
  if (check_tool_command(options, f) < 0 || find_agent(g, f) < 0 ||
      keeper_prepare(f) < 0 ||
      folders_open(&g->folders, options, &g->environment, agent, f) < 0)
    return -1;
  warn_of_proc();
  oom_score_lower();
  cgroups_look_up(&g->cgroups);
  if (open_loop(g, f) < 0)
    return -1;
  fill_settings(g, agent);
  find_home(g);
  bool service = options->door->options & OPTIONS_SERVICE;
  g->runs = runs_new(&g->settings, service ? options->serve.max_runs : 1);
  return 0;
}

void runtime_run(struct runtime *g)
{
  loop_run(g->loop);
}

void runtime_flush(struct runtime *g)
{
  otlp_exporter_end(g->traces);
}

void runtime_close(struct runtime *g)
{
  otlp_exporter_close(g->traces);
  if (g->client)
    http_client_close(g->client, NULL, NULL);
  if (g->loop)
    removers_close(g->loop);
  if (g->loop)
    orphans_close(g->loop);
  if (g->loop)
    g->unclean = !loop_free(g->loop);
  runs_free(g->runs);
  strv_free(&g->environment);
  strv_free(&g->agent_environment);
  cgroups_free(&g->cgroups);
  folders_close(&g->folders);
  otlp_settings_free(&g->otlp);
  log_forget_all();
}
