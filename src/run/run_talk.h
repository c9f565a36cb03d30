/* SPDX-License-Identifier: MIT */
/* run_talk.h - a run's state, as its two files share it, and what run_talk.c does in the
 * run's name.
 *
 *   run.c       the state machine
 *   run_talk.c  who talks with the agent: questions and answers, more words
 *               (run/run_dialogue.h)  */
#ifndef RUN_RUN_TALK_H
#define RUN_RUN_TALK_H

#include "agent/agent_session.h"
#include "deadlines.h"
#include "event/seen_ids.h"
#include "questions.h"
#include "resources.h"
#include "run/run_dialogue.h"
#include "run/run_outcome.h"

enum phase { ADMITTED, BEGINNING, SPEAKING, ENDING, OVER };

struct run {
  const struct run_settings *settings;
  struct run_request *req;
  struct resources resources;
  struct agent_session session;
  enum phase phase;

  struct sink *sink;
  struct events *events;

  struct loop_timer *later; /* begin() */
  /* NULL until the agent was asked to end by its own protocol. */
  struct loop_timer *polite;
  struct deadlines deadlines;
  struct watch *watch;

  struct run_dialogue dialogue; /* nobody: no on_question */
  struct questions *questions;  /* of the dialogue; NULL: nobody, or not started */
  struct seen_ids said;         /* ids of run_say() */

  char code[32]; /* why we ended it, "" if we did not */
  struct buf message;
  const char *cancelled_by;
  bool bridge_judged;
  unsigned long long started_ms;
  struct run_outcome outcome;
  struct buf report;
  void (*on_over)(void *who, const struct run_outcome *outcome);
  void *who;
};

/* Does what the harness wants done: after each call to it (run.c). */
void run_carry_out(struct run *r);

void run_talk_begin(struct run *r); /* run_start() */
/* Puts what the agent asks to whoever talks with it. */
void run_talk_tell(struct run *r);
/* No answer is wanted any more: the run is ending. */
void run_talk_end(struct run *r);
void run_talk_free(struct run *r);

#endif
