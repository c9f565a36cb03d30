/* SPDX-License-Identifier: MIT */
/* workspace_fill.c - the order in which a folder is filled: clone, skills, files, setup,
 * plugins. */
#include "workspace/workspace_fill.h"

#include "base/limits.h"
#include "base/mem.h"
#include "git_source.h"
#include "io/loop.h"
#include "memory.h"
#include "plugins.h"
#include "process/agent_user.h"
#include "setup.h"
#include "skills.h"
#include "workspace_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum stage { BEGIN, CLONING, SKILLS, FILES, SETTING_UP, PLUGINS, OVER };

struct workspace_fill {
  const struct workspace_setup *set;
  const struct workspace_calls *calls;
  void *who;
  struct step_place place;
  enum stage stage;
  struct loop_timer *later;
  struct git_clone *clone; /* NULL: none at work */
  struct skills *skills;   /* at work in SKILLS */
  struct setup *setup;
  struct plugins *plugins; /* at work in PLUGINS */
  int memory_fd;           /* -1: none */
  unsigned known;          /* MEMORY_…: what needs not be done */
  bool lacks;              /* some skill or plugin */
  const char *code;
  struct buf message;
  bool cancelled;
  void (*closed)(void *who);
  void *close_who;
};

static const struct workspace_plan *plan_of(const struct workspace_fill *w)
{
  return &w->set->req->workspace;
}

int workspace_fill_check(const struct run_request *req, const char *path_variable,
                         struct fault *f)
{
  const struct workspace_plan *plan = &req->workspace;
  if (plan->git.url.len > 0 &&
      git_source_check("workspace.source", "url", plan->git.url, path_variable, f) < 0)
    return -1;
  return skills_check(plan, path_variable, f);
}

static struct memory_wishes wishes_of(const struct workspace_fill *w)
{
  return (struct memory_wishes){w->set->req, w->set->folder, w->set->skills};
}

/* -- the end -- */

static void tell_end(void *who)
{
  struct workspace_fill *w = who;
  if (w->memory_fd >= 0)
    close(w->memory_fd); /* and with it the lock */
  w->memory_fd = -1;
  w->calls->on_done(w->who, w->cancelled ? "" : w->code, buf_span(&w->message));
}

/* On a later turn; the first code stays. */
static void finish(struct workspace_fill *w, const char *code, struct span message)
{
  if (w->stage == OVER)
    return;
  w->stage = OVER;
  w->code = code;
  buf_add(&w->message, span_cut_utf8(message, LIMIT_ERROR_MESSAGE_BYTES - 1));
  loop_timer_free(w->later);
  w->later = loop_timer_new(w->set->loop, tell_end, w);
  loop_timer_start(w->later, 0);
}

static void all_done(struct workspace_fill *w)
{
  struct fault f = {0};
  unsigned done = MEMORY_FILLED | (w->lacks ? 0 : MEMORY_SKILLS);
  struct memory_wishes wishes = wishes_of(w);
  if (w->memory_fd >= 0 && memory_note(w->memory_fd, &wishes, done, &f) < 0)
    finish(w, "workspace-failed", span_of(f.text));
  else
    finish(w, NULL, (struct span){0});
}

/* -- the plugins -- */

static void plugins_done(void *who, bool all)
{
  struct workspace_fill *w = who;
  w->plugins = NULL;
  w->lacks = w->lacks || !all;
  all_done(w);
}

static void install_plugins(struct workspace_fill *w)
{
  bool wanted = plan_of(w)->plugin_count > 0 && w->set->plugins;
  w->stage = PLUGINS;
  if (wanted && !(w->known & MEMORY_SKILLS))
    w->plugins = plugins_start(&w->place, w->set, w->calls, w->who, plugins_done, w);
  else
    all_done(w);
}

/* -- the setup -- */

static void setup_progress(void *who, const struct workspace_progress *p)
{
  struct workspace_fill *w = who;
  w->calls->on_progress(w->who, p);
}

static void setup_done(void *who, const char *code, struct span message)
{
  struct workspace_fill *w = who;
  if (code)
    finish(w, code, message);
  else
    install_plugins(w);
}

static void set_up(struct workspace_fill *w)
{
  static const struct setup_calls calls = {setup_progress, setup_done};
  struct fault f = {0};
  w->stage = SETTING_UP;
  if (plan_of(w)->setup_count == 0 || w->known & MEMORY_FILLED) {
    install_plugins(w);
    return;
  }
  w->setup = setup_start(&w->place, plan_of(w), &calls, w, &f);
  if (!w->setup)
    finish(w, "setup-failed", span_of(f.text));
}

/* -- files -- */

static int write_files(const struct workspace_fill *w, struct fault *f)
{
  const struct agent_user *agent = w->set->terms.agent_user;
  struct files_owner owner = {agent ? agent->uid : 0, agent ? agent->gid : 0};
  return workspace_files_write(w->set->req, w->set->folder, agent ? &owner : NULL, f);
}

static void fill(struct workspace_fill *w)
{
  struct fault f = {0};
  w->stage = FILES;
  if (!(w->known & MEMORY_FILLED) && write_files(w, &f) < 0)
    finish(w, "workspace-failed", span_of(f.text));
  else
    set_up(w);
}

/* -- the skills -- */

static void skills_done(void *who, bool all)
{
  struct workspace_fill *w = who;
  w->skills = NULL;
  w->lacks = !all;
  if (w->cancelled)
    finish(w, "", (struct span){0});
  else
    fill(w);
}

static void bring_skills(struct workspace_fill *w)
{
  bool wanted = plan_of(w)->git_skill_count + plan_of(w)->file_count > 0;
  w->stage = SKILLS;
  if (wanted && !(w->known & MEMORY_SKILLS))
    w->skills = skills_start(&w->place, w->set, w->calls, w->who, skills_done, w);
  else
    fill(w);
}

/* What nobody carries out is told each time. */
static void warn_of_the_rest(const struct workspace_fill *w)
{
  struct buf text = buf_make(4 * KIB);
  for (size_t i = 0; i < plan_of(w)->agent_skill_count; i++) {
    buf_clear(&text);
    buf_addf(&text,
             "workspace.skills: %.*s: skills of kind agent-skill are not brought to an "
             "agent: send its files (kind file), or where it lies (kind git)",
             SPAN_ARG(span_cut_utf8(plan_of(w)->agent_skills[i], 200)));
    w->calls->on_warning(w->who, "skill-not-applied", buf_span(&text));
  }
  if (plan_of(w)->plugin_count > 0 && !w->set->plugins)
    w->calls->on_warning(w->who, "plugin-not-applied",
                         SPAN_LITERAL("workspace.plugins: only claude-code has them"));
  buf_free(&text);
}

/* -- the clone -- */

static void clone_progress(struct workspace_fill *w, const char *state, struct span tail)
{
  struct workspace_progress p = {SPAN_LITERAL("clone"), state, -1, tail};
  w->calls->on_progress(w->who, &p);
}

static void clone_closed(void *who)
{
  struct workspace_fill *w = who;
  w->clone = NULL;
  if (w->stage == CLONING)
    bring_skills(w);
  else if (w->stage == OVER)
    loop_timer_start(w->later, 0);
}

static void clone_done(void *who, const char *code, struct span message)
{
  struct workspace_fill *w = who;
  clone_progress(w, code ? "failed" : "done", message);
  if (code) {
    struct buf text = buf_make(32 * KIB);
    bool conflict = strcmp(code, "workspace-conflict") == 0;
    buf_addf(&text, "%s%.*s%s", conflict ? "the workspace " : "", SPAN_ARG(message),
             conflict ? ": give the run an empty folder (--workspace, "
                        "--workspace-per-thread)"
                      : "");
    finish(w, code, buf_span(&text));
    loop_timer_stop(w->later); /* first the clone goes */
    buf_free(&text);
  }
  git_source_close(w->clone, clone_closed, w);
}

static void begin(void *who)
{
  struct workspace_fill *w = who;
  const struct memory_wishes wishes = wishes_of(w);
  struct fault f = {0};
  warn_of_the_rest(w);
  if (w->set->memory)
    w->memory_fd = memory_open(w->set->memory, w->set->folder, &f);
  if (w->set->memory && w->memory_fd < 0) {
    finish(w, f.kind == FAULT_CONFLICT ? "workspace-conflict" : "workspace-failed",
           span_of(f.text));
    return;
  }
  if (w->memory_fd >= 0)
    w->known = memory_knows(w->memory_fd, &wishes);
  if (w->known == (MEMORY_FILLED | MEMORY_SKILLS)) {
    finish(w, NULL, (struct span){0});
  } else if (plan_of(w)->git.url.len > 0 && !(w->known & MEMORY_FILLED)) {
    w->stage = CLONING;
    clone_progress(w, "started", (struct span){0});
    w->clone = git_source_start(&w->place, &plan_of(w)->git, clone_done, w);
  } else {
    bring_skills(w);
  }
}

struct workspace_fill *workspace_fill_open(const struct workspace_setup *setup,
                                           const struct workspace_calls *calls, void *who)
{
  struct workspace_fill *w = mem_new(sizeof *w);
  *w = (struct workspace_fill){.set = setup,
                               .calls = calls,
                               .who = who,
                               .place = {.loop = setup->loop,
                                         .terms = setup->terms,
                                         .folder = setup->folder,
                                         .env = setup->env,
                                         .deadline_ms = setup->setup_ms,
                                         .kill_grace_ms = setup->kill_grace_ms},
                               .memory_fd = -1,
                               .message = buf_make(LIMIT_ERROR_MESSAGE_BYTES)};
  w->later = loop_timer_new(setup->loop, begin, w);
  loop_timer_start(w->later, 0);
  return w;
}

void workspace_fill_cancel(struct workspace_fill *w)
{
  w->cancelled = true;
  if (w->clone)
    git_source_cancel(w->clone);
  else if (w->skills)
    skills_cancel(w->skills);
  else if (w->plugins)
    plugins_cancel(w->plugins);
  else if (w->setup && w->stage == SETTING_UP)
    setup_cancel(w->setup);
  else
    finish(w, "", (struct span){0});
}

static void all_closed(void *who)
{
  struct workspace_fill *w = who;
  void (*closed)(void *) = w->closed;
  void *close_who = w->close_who;
  loop_timer_free(w->later);
  buf_wipe(&w->message);
  free(w);
  closed(close_who);
}

void workspace_fill_close(struct workspace_fill *w, bool sweep, void (*closed)(void *who),
                          void *who)
{
  w->closed = closed;
  w->close_who = who;
  loop_timer_free(w->later);
  w->later = loop_timer_new(w->set->loop, all_closed, w);
  if (w->setup)
    setup_close(w->setup, sweep, all_closed, w);
  else
    loop_timer_start(w->later, 0);
}
