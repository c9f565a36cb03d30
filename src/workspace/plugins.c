/* SPDX-License-Identifier: MIT */
/* plugins.c - one command after another. */
#include "plugins.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/files.h"
#include "io/loop.h"

#include <stdlib.h>

struct plugins {
  const struct step_place *place;
  const struct workspace_setup *set;
  const struct workspace_calls *calls;
  void *calls_who;
  void (*on_done)(void *who, bool all);
  void *who;
  struct loop_timer *later;
  struct step *step; /* NULL: none at work */
  size_t at;
  struct buf tail; /* of what it printed */
  bool failed, cancelled;
};

static struct span name_of(const struct plugins *p)
{
  return p->set->req->workspace.plugins[p->at];
}

static void tell(struct plugins *p, const char *state, int exit_code)
{
  struct buf step = buf_make(16 * KIB);
  buf_addf(&step, "plugin %.*s", SPAN_ARG(span_cut_utf8(name_of(p), 1000)));
  struct workspace_progress progress = {buf_span(&step), state, exit_code,
                                        span_trim(buf_span(&p->tail))};
  p->calls->on_progress(p->calls_who, &progress);
  buf_free(&step);
}

static void fail(struct plugins *p, struct span why, int exit_code)
{
  struct buf text = buf_make(16 * KIB);
  struct span tail = span_trim(buf_span(&p->tail));
  p->failed = true;
  tell(p, "failed", exit_code);
  buf_addf(&text, "workspace.plugins: %.*s: %.*s%s%.*s",
           SPAN_ARG(span_cut_utf8(name_of(p), 200)), SPAN_ARG(why),
           tail.len > 0 ? "\n" : "", SPAN_ARG(tail));
  if (!p->cancelled)
    p->calls->on_warning(p->calls_who, "plugin-not-applied", buf_span(&text));
  buf_free(&text);
}

static void heard(void *who, struct span line)
{
  struct plugins *p = who;
  buf_add_tail(&p->tail, line);
  buf_add_tail(&p->tail, SPAN_LITERAL("\n"));
}

static void next(void *who);

static void step_closed(void *who)
{
  struct plugins *p = who;
  p->step = NULL;
  p->at++;
  loop_timer_start(p->later, 0);
}

static void step_done(void *who, const struct step_end *end)
{
  struct plugins *p = who;
  struct buf why = buf_make(KIB);
  bool good = !end->fault && end->signal == 0 && end->status == 0;
  if (end->fault)
    buf_add_text(&why, end->fault->text);
  else
    buf_addf(&why, "%s %d", end->signal ? "signal" : "exit",
             end->signal ? end->signal : end->status);
  heard(p, end->stderr_tail);
  if (good)
    tell(p, "done", 0);
  else
    fail(p, buf_span(&why), end->fault || end->signal ? -1 : end->status);
  buf_free(&why);
  step_close(p->step, true, step_closed, p);
}

static void install(struct plugins *p)
{
  static const struct step_calls calls = {heard, step_done};
  struct buf program = buf_make(LIMIT_PATH_BYTES);
  struct strv argv = {0};
  struct fault f = {0};
  strv_addf(&argv, "%s", p->set->plugins);
  strv_addf(&argv, "plugin");
  strv_addf(&argv, "install");
  strv_add(&argv, name_of(p));
  buf_clear(&p->tail);
  if (files_find_program(p->set->plugins, strv_env(p->set->env, "PATH"), p->set->folder,
                         &program, &f) == 0) {
    tell(p, "started", -1);
    p->step = step_start(p->place, buf_cstring(&program), &argv, NULL, &calls, p, &f);
  }
  strv_free(&argv);
  buf_free(&program);
  if (p->step)
    return;
  fail(p, span_of(f.text), -1);
  p->at++;
  loop_timer_start(p->later, 0);
}

static void next(void *who)
{
  struct plugins *p = who;
  if (!p->cancelled && p->at < p->set->req->workspace.plugin_count) {
    install(p);
    return;
  }
  void (*on_done)(void *, bool) = p->on_done;
  void *done_who = p->who;
  bool all = !p->failed && !p->cancelled;
  loop_timer_free(p->later);
  buf_wipe(&p->tail);
  free(p);
  on_done(done_who, all);
}

struct plugins *plugins_start(const struct step_place *place,
                              const struct workspace_setup *setup,
                              const struct workspace_calls *calls, void *calls_who,
                              void (*on_done)(void *who, bool all), void *who)
{
  struct plugins *p = mem_new(sizeof *p);
  *p = (struct plugins){.place = place,
                        .set = setup,
                        .calls = calls,
                        .calls_who = calls_who,
                        .on_done = on_done,
                        .who = who,
                        .tail = buf_make(LIMIT_SETUP_TAIL)};
  p->later = loop_timer_new(setup->loop, next, p);
  loop_timer_start(p->later, 0);
  return p;
}

void plugins_cancel(struct plugins *p)
{
  p->cancelled = true;
  if (p->step)
    step_cancel(p->step);
}
