/* SPDX-License-Identifier: MIT */
/* step.h - one command that fills a workspace: git, or the shell of the setup.
 *
 * It runs as the agent will (its user, its environment, a keeper of its own), with the
 * place's input as its stdin, and then its end.  `on_done` comes exactly once, never from
 * inside these calls, when the command has exited and its output was read.  What it left
 * running in the background lives on until step_close() decides.  */
#ifndef WORKSPACE_STEP_H
#define WORKSPACE_STEP_H

#include "base/process.h"
#include "process/keeper.h"

struct uv_loop_s;
struct step;

struct step_place { /* the same for all steps of a run; outlives them */
  struct uv_loop_s *loop;
  struct keeper_terms terms;
  const char *folder; /* the workspace */
  const struct strv *env;
  unsigned deadline_ms, kill_grace_ms;
  struct buf *input; /* of one step alone, and taken; NULL: the end of input at once */
};

struct step_end {
  const struct fault *fault; /* it did not start, took too long, or was cancelled */
  int status, signal;
  struct span stderr_tail;
};

struct step_calls {
  void (*on_line)(void *who, struct span line); /* of stdout */
  void (*on_done)(void *who, const struct step_end *end);
};

/* `env`: NULL, or instead of the place's. */
struct step *step_start(const struct step_place *place, const char *program,
                        const struct strv *argv, const struct strv *env,
                        const struct step_calls *calls, void *who, struct fault *f);
/* The deadline begins anew. */
void step_again(struct step *s);
/* Ends it, with all that it started; on_done comes with FAULT_CANCELLED. */
void step_cancel(struct step *s);
/* After on_done, once.  `sweep`: what it left running is ended.  `closed` comes on a
 * later turn. */
void step_close(struct step *s, bool sweep, void (*closed)(void *who), void *who);

#endif
