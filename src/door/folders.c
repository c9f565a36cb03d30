/* SPDX-License-Identifier: MIT */
/* folders.c - the state folder comes first: what cannot be kept private is found out
 * before anything else is touched.  */
#include "door/folders.h"

#include "base/limits.h"
#include "base/log.h"
#include "io/files.h"
#include "run/workspace.h"

#include <unistd.h>

static void sweep(const char *folder)
{
  unsigned stale = files_sweep_stale(folder, "run");
  if (stale > 0)
    log_line(LOG_INFO, (struct span){0},
             "removed %u private folders of runners that died", stale);
}

static int open_state(struct folders *d, const char *given,
                      const struct strv *environment, struct fault *f)
{
  const char *temporary = strv_env(environment, "TMPDIR");
  if (given)
    buf_add_text(&d->state, given);
  else
    buf_addf(&d->state, "%s/runlet-%u", temporary && temporary[0] ? temporary : "/tmp",
             (unsigned)geteuid());
  if (files_open_state(buf_cstring(&d->state), false, f) < 0)
    return -1;
  sweep(d->state.at);
  return 0;
}

static int open_runs(struct folders *d, const char *user, const struct agent_user *agent,
                     struct fault *f)
{
  buf_add(&d->runs, buf_span(&d->state));
  if (!agent)
    return 0;
  buf_add_text(&d->runs, "-agent");
  if (files_open_state(buf_cstring(&d->runs), true, f) < 0)
    return -1;
  sweep(d->runs.at);
  if (agent_user_check(agent, d->runs.at, false, f) < 0)
    return fault_prefix(f, "--agent-user %s with --state-dir", user);
  return 0;
}

static int open_workspace(struct folders *d, const struct options *o,
                          const struct agent_user *agent, struct fault *f)
{
  bool service = o->door->options & OPTIONS_SERVICE;
  if (workspace_base(o->run.settings.workspace, service, &d->workspace, f) < 0)
    return -1;
  /* The folder of a thread is made for it, so it need only get there. */
  if (agent && agent_user_check(agent, d->workspace.at,
                                !o->run.settings.workspace_per_thread, f) < 0)
    return fault_prefix(f, "--agent-user %s with --workspace", o->run.agent_user);
  return 0;
}

int folders_open(struct folders *d, const struct options *options,
                 const struct strv *environment, const struct agent_user *agent,
                 struct fault *f)
{
  *d = (struct folders){.workspace = buf_make(8 * KIB),
                        .state = buf_make(8 * KIB),
                        .runs = buf_make(8 * KIB),
                        .memory = buf_make(8 * KIB)};
  if (open_state(d, options->run.state_dir, environment, f) < 0 ||
      open_runs(d, options->run.agent_user, agent, f) < 0)
    return -1;
  buf_addf(&d->memory, "%s/workspaces", d->state.at);
  return open_workspace(d, options, agent, f);
}

void folders_close(struct folders *d)
{
  buf_free(&d->workspace);
  buf_free(&d->state);
  buf_free(&d->runs);
  buf_free(&d->memory);
}
