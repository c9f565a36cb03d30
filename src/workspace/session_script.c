/* SPDX-License-Identifier: MIT */
/* session_script.c - one step of the shell: $0 is the agent's program, $1 the session's
 * id, $2 the file.  */
#include "workspace/session_script.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "step.h"

#include <stdlib.h>

struct session_script {
  struct step_place place;
  struct step *step;
  struct fault why;
  void (*done)(void *who, const struct fault *why);
  void *who;
};

static void says(void *who, struct span line)
{
  (void)who;
  (void)line;
}

static void closed(void *who)
{
  struct session_script *c = who;
  void (*done)(void *, const struct fault *) = c->done;
  void *done_who = c->who;
  struct fault why = c->why;
  free(c);
  done(done_who, why.kind != FAULT_NONE ? &why : NULL);
}

static void ended(void *who, const struct step_end *end)
{
  struct session_script *c = who;
  struct buf tail = buf_make(KIB);
  log_redact_tail(span_trim(end->stderr_tail), 300, &tail);
  if (end->fault && end->fault->kind == FAULT_TIMEOUT)
    (void)fault_set(&c->why, FAULT_TIMEOUT,
                    "the agent's command did not end within %u ms", c->place.deadline_ms);
  else if (end->fault)
    c->why = *end->fault;
  else if (end->signal == 0 && end->status == SESSION_IS_THERE)
    (void)fault_set(&c->why, FAULT_CONFLICT,
                    "the session is there already: nothing is overwritten");
  else if (end->signal || end->status)
    (void)fault_set(&c->why, FAULT_AGENT, "the agent's command ended with %s %d: %s",
                    end->signal ? "signal" : "exit",
                    end->signal ? end->signal : end->status, buf_cstring(&tail));
  buf_free(&tail);
  step_close(c->step, true, closed, c);
}

struct session_script *session_script_start(const struct session_script_setup *setup,
                                            void (*done)(void *who,
                                                         const struct fault *why),
                                            void *who, struct fault *f)
{
  static const struct step_calls calls = {says, ended};
  struct session_script *c = mem_new(sizeof *c);
  struct strv argv = {0};
  *c = (struct session_script){.place = {.loop = setup->loop,
                                         .terms = setup->terms,
                                         .folder = setup->folder,
                                         .env = setup->env,
                                         .deadline_ms = setup->deadline_ms,
                                         .kill_grace_ms = setup->kill_grace_ms,
                                         .input = setup->input},
                               .done = done,
                               .who = who};
  strv_addf(&argv, "sh");
  strv_addf(&argv, "-c");
  strv_addf(&argv, "%s", setup->script);
  strv_addf(&argv, "%s", setup->program);
  strv_add(&argv, setup->id);
  strv_addf(&argv, "%s", setup->file ? setup->file : "");
  c->step = step_start(&c->place, "/bin/sh", &argv, NULL, &calls, c, f);
  strv_free(&argv);
  if (c->step)
    return c;
  free(c);
  return NULL;
}

void session_script_cancel(struct session_script *c)
{
  step_cancel(c->step);
}
