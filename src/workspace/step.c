/* SPDX-License-Identifier: MIT */
/* A child (process/child.h) with a deadline. */
#include "step.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/loop.h"
#include "process/child.h"

#include <stdlib.h>

struct step {
  const struct step_place *place;
  struct child *child;
  struct loop_timer *deadline;
  const struct step_calls *calls;
  void *who;
  struct fault fault;
  void (*closed)(void *who);
  void *close_who;
};

static void says(void *who, struct span line)
{
  struct step *s = who;
  s->calls->on_line(s->who, line);
}

static void too_long(void *who, size_t ceiling)
{
  struct step *s = who;
  (void)ceiling;
  s->calls->on_line(s->who, SPAN_LITERAL("(a line that is too long)"));
}

static void ended(void *who, const struct process_end *end)
{
  struct step *s = who;
  const struct fault *spawn = child_spawn_fault(s->child);
  loop_timer_stop(s->deadline);
  if (spawn && s->fault.kind == FAULT_NONE)
    s->fault = *spawn;
  struct step_end told = {s->fault.kind != FAULT_NONE ? &s->fault : NULL, end->status,
                          end->signal, end->stderr_tail};
  s->calls->on_done(s->who, &told);
}

static const struct child_calls child_calls = {says, too_long, ended};

static void stop(struct step *s)
{
  child_stop(s->child, s->place->kill_grace_ms);
}

static void deadline_passed(void *who)
{
  struct step *s = who;
  if (s->fault.kind == FAULT_NONE)
    (void)fault_set(&s->fault, FAULT_TIMEOUT, "it did not end within %u ms (setupMs)",
                    s->place->deadline_ms);
  stop(s);
}

struct step *step_start(const struct step_place *place, const char *program,
                        const struct strv *argv, const struct strv *env,
                        const struct step_calls *calls, void *who, struct fault *f)
{
  struct step *s = mem_new(sizeof *s);
  struct buf no_input = buf_make(1);
  struct child_setup setup = {.program = program,
                              .argv = argv,
                              .env = env ? env : place->env,
                              .cwd = place->folder,
                              .terms = place->terms,
                              .input = place->input ? place->input : &no_input,
                              .line_ceiling = MIB,
                              .drain_ms = LIMIT_DRAIN_MS};
  *s = (struct step){.place = place, .calls = calls, .who = who};
  s->child = child_spawn(place->loop, &setup, &child_calls, s, f);
  if (!s->child) {
    free(s);
    return NULL;
  }
  s->deadline = loop_timer_new(place->loop, deadline_passed, s);
  loop_timer_start(s->deadline, place->deadline_ms);
  return s;
}

void step_again(struct step *s)
{
  if (loop_timer_is_set(s->deadline))
    loop_timer_start(s->deadline, s->place->deadline_ms);
}

void step_cancel(struct step *s)
{
  if (s->fault.kind == FAULT_NONE)
    (void)fault_set(&s->fault, FAULT_CANCELLED, "it was cancelled");
  stop(s);
}

static void child_closed(void *who)
{
  struct step *s = who;
  void (*closed)(void *) = s->closed;
  void *close_who = s->close_who;
  loop_timer_free(s->deadline);
  free(s);
  closed(close_who);
}

static void settled(void *who, const struct process_end *end)
{
  struct step *s = who;
  (void)end;
  child_close(s->child, child_closed, s);
}

void step_close(struct step *s, bool sweep, void (*closed)(void *who), void *who)
{
  s->closed = closed;
  s->close_who = who;
  child_settle(s->child, sweep, settled);
}
