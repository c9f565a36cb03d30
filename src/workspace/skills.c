/* SPDX-License-Identifier: MIT */
/* skills.c - one clone after another, then the links. */
#include "skills.h"

#include "base/limits.h"
#include "base/mem.h"
#include "beneath.h"
#include "git_source.h"
#include "git_url.h"
#include "io/loop.h"
#include "process/agent_user.h"
#include "skill_search.h"
#include "workspace_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct skills {
  const struct workspace_setup *set;
  const struct workspace_calls *calls;
  void *calls_who;
  void (*on_done)(void *who, bool all);
  void *who;
  struct step_place place; /* of the clone at work: its folder is `target` */
  struct files_owner owner;
  struct loop_timer *later;
  size_t at;        /* the skill at work */
  struct buf shown; /* its address without name and password: what is told */
  struct buf url;   /* its address … */
  struct buf path;  /* … where it goes, below the workspace … */
  struct buf target;
  struct git_source source;
  struct git_clone *clone; /* NULL: none at work */
  bool failed, cancelled;
};

static const struct workspace_plan *plan_of(const struct skills *s)
{
  return &s->set->req->workspace;
}

static const struct files_owner *owner_of(const struct skills *s)
{
  return s->set->terms.agent_user ? &s->owner : NULL;
}

/* Where it comes from, and where it goes. */
static void put_addresses(struct skills *s, const struct git_skill *skill)
{
  struct span into = workspace_files_inside(s->set->req, skill->into);
  struct git_url parts;
  struct fault ignored = {0}; /* it was checked */
  buf_clear(&s->shown);
  buf_clear(&s->url);
  buf_clear(&s->path);
  buf_clear(&s->target);
  git_url_of_repo(skill->repo, &s->url);
  (void)git_url_read(buf_span(&s->url), &parts, &ignored);
  buf_add(&s->shown, buf_span(&parts.clean));
  git_url_free(&parts);
  if (into.len == 0)
    buf_add_text(&s->path, ".tanstack-skills/");
  buf_add(&s->path, into.len > 0 ? into : git_url_name(buf_span(&s->url)));
  buf_addf(&s->target, "%s/%s", s->set->folder, buf_cstring(&s->path));
}

/* -- before anything is promised -- */

int skills_check(const struct workspace_plan *plan, const char *path_variable,
                 struct fault *f)
{
  int r = 0;
  for (size_t i = 0; r == 0 && i < plan->git_skill_count; i++) {
    const struct git_skill *skill = &plan->git_skills[i];
    struct buf url = buf_make(skill->repo.len + 64);
    git_url_of_repo(skill->repo, &url);
    r = git_source_check("workspace.skills", "repo", buf_span(&url), path_variable, f);
    if (r == 0 && skill->into.len == 0 && git_url_name(buf_span(&url)).len == 0)
      r = fault_set(f, FAULT_BAD_INPUT,
                    "run request: workspace.skills.repo: nothing in it names its folder: "
                    "give into");
    buf_free(&url);
  }
  return r;
}

/* -- warnings -- */

static void warn(struct skills *s, struct span skill, struct span why)
{
  struct buf text = buf_make(16 * KIB);
  s->failed = true;
  buf_addf(&text, "workspace.skills: %.*s: ", SPAN_ARG(span_cut_utf8(skill, 200)));
  buf_add(&text, why);
  if (!s->cancelled)
    s->calls->on_warning(s->calls_who, "skill-not-applied", buf_span(&text));
  buf_free(&text);
}

/* -- links -- */

static struct span last_part(struct span path)
{
  for (size_t i = path.len; i > 0; i--)
    if (path.at[i - 1] == '/')
      return span_after(path, i);
  return path;
}

/* The agent's skill of this folder's name is this folder. */
static void link_to(struct skills *s, struct span skill, struct span folder)
{
  const char *first = s->set->skills;
  struct span name = last_part(folder);
  struct buf path = buf_make(LIMIT_PATH_BYTES), target = buf_make(LIMIT_PATH_BYTES);
  struct fault f = {0};
  buf_addf(&path, "%.*s/skills/%.*s", (int)strcspn(first, " "), first, SPAN_ARG(name));
  buf_addf(&target, "../../%.*s", SPAN_ARG(folder));
  int r = beneath_link(s->set->folder, buf_span(&path), buf_cstring(&target), owner_of(s),
                       &f);
  if (r == 1)
    (void)fault_set(&f, FAULT_CONFLICT, "\"%s\" is there already", buf_cstring(&path));
  if (r != 0)
    warn(s, skill, span_of(f.text));
  buf_free(&path);
  buf_free(&target);
}

static void link_found(struct skills *s)
{
  const struct span repo = buf_span(&s->shown);
  struct strv found = {0};
  struct buf folder = buf_make(2 * LIMIT_PATH_BYTES);
  skill_search(buf_cstring(&s->target), &found);
  for (size_t i = 0; i < found.count; i++) {
    buf_clear(&folder);
    buf_addf(&folder, "%s%s%s", buf_cstring(&s->path), found.at[i][0] ? "/" : "",
             found.at[i]);
    link_to(s, repo, buf_span(&folder));
  }
  if (found.count == 0)
    warn(s, repo, SPAN_LITERAL("it holds no SKILL.md"));
  buf_free(&folder);
  strv_free(&found);
}

/* "<folder of the agent>/skills/<name>" */
static bool is_seen(const char *folders, struct span folder)
{
  struct span parent = folder;
  parent.len -= last_part(folder).len;
  for (const char *at = folders; *at; at += strspn(at, " ")) {
    struct span own = {at, strcspn(at, " ")};
    at += own.len;
    if (parent.len == own.len + strlen("/skills/") &&
        span_equal((struct span){parent.at, own.len}, own) &&
        span_is(span_after(parent, own.len), "/skills/"))
      return true;
  }
  return false;
}

static void link_files(struct skills *s)
{
  static const char name[] = "/SKILL.md";
  const struct workspace_plan *plan = plan_of(s);
  for (size_t i = 0; i < plan->file_count; i++) {
    struct span path = workspace_files_inside(s->set->req, plan->files[i].path);
    size_t n = strlen(name);
    if (path.len <= n || !span_is(span_after(path, path.len - n), name))
      continue;
    struct span folder = {path.at, path.len - n};
    if (!is_seen(s->set->skills, folder))
      link_to(s, path, folder);
  }
}

/* -- one after another -- */

static void next(void *who);

static void clone_closed(void *who)
{
  struct skills *s = who;
  s->clone = NULL;
  s->at++;
  loop_timer_start(s->later, 0);
}

static void tell(struct skills *s, const char *state, struct span tail)
{
  struct buf step = buf_make(16 * KIB);
  buf_addf(&step, "skill %.*s", SPAN_ARG(span_cut_utf8(buf_span(&s->shown), 1000)));
  struct workspace_progress p = {buf_span(&step), state, -1, tail};
  s->calls->on_progress(s->calls_who, &p);
  buf_free(&step);
}

static void clone_done(void *who, const char *code, struct span message)
{
  struct skills *s = who;
  tell(s, code ? "failed" : "done", message);
  if (code) {
    (void)rmdir(buf_cstring(&s->target)); /* if nothing is in it */
    warn(s, buf_span(&s->shown), message);
  } else {
    link_found(s);
  }
  git_source_close(s->clone, clone_closed, s);
}

static void clone_next(struct skills *s)
{
  const struct git_skill *skill = &plan_of(s)->git_skills[s->at];
  struct fault f = {0};
  char *secret = span_copy(skill->secret);
  put_addresses(s, skill);
  s->source = (struct git_source){.url = buf_span(&s->url), .depth = 1};
  if (skill->secret.len > 0)
    s->source.token = span_of(strv_env(s->set->env, secret));
  free(secret);
  if (beneath_folder(s->set->folder, buf_span(&s->path), owner_of(s), &f) < 0) {
    warn(s, buf_span(&s->shown), span_of(f.text));
    s->at++;
    loop_timer_start(s->later, 0);
    return;
  }
  s->place.folder = buf_cstring(&s->target);
  tell(s, "started", (struct span){0});
  s->clone = git_source_start(&s->place, &s->source, clone_done, s);
}

static void end(struct skills *s)
{
  void (*on_done)(void *, bool) = s->on_done;
  void *who = s->who;
  bool all = !s->failed && !s->cancelled;
  loop_timer_free(s->later);
  buf_free(&s->shown);
  buf_wipe(&s->url);
  buf_free(&s->path);
  buf_free(&s->target);
  free(s);
  on_done(who, all);
}

static void next(void *who)
{
  struct skills *s = who;
  if (!s->cancelled && s->set->skills && s->at < plan_of(s)->git_skill_count) {
    clone_next(s);
    return;
  }
  if (!s->cancelled && s->set->skills)
    link_files(s);
  else if (!s->cancelled && plan_of(s)->git_skill_count > 0)
    warn(s, SPAN_LITERAL("kind git"),
         SPAN_LITERAL("where this agent looks for skills is not known"));
  end(s);
}

struct skills *skills_start(const struct step_place *place,
                            const struct workspace_setup *setup,
                            const struct workspace_calls *calls, void *calls_who,
                            void (*on_done)(void *who, bool all), void *who)
{
  struct skills *s = mem_new(sizeof *s);
  const struct agent_user *agent = setup->terms.agent_user;
  *s = (struct skills){.set = setup,
                       .calls = calls,
                       .calls_who = calls_who,
                       .on_done = on_done,
                       .who = who,
                       .place = *place,
                       .shown = buf_make(SIZE_MAX), /* all: of what the request holds */
                       .url = buf_make(SIZE_MAX),
                       .path = buf_make(SIZE_MAX),
                       .target = buf_make(SIZE_MAX)};
  if (agent)
    s->owner = (struct files_owner){agent->uid, agent->gid};
  s->later = loop_timer_new(setup->loop, next, s);
  loop_timer_start(s->later, 0);
  return s;
}

void skills_cancel(struct skills *s)
{
  s->cancelled = true;
  if (s->clone)
    git_source_cancel(s->clone);
}
