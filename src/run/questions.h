/* SPDX-License-Identifier: MIT */
/* questions.h - the questions of a run's agent that wait for somebody's answer.
 *
 * What is asked of whom, and how a question ends: run/run_dialogue.h.  All of them may
 * wait equally long, so the oldest is the first whose time is over.  */
#ifndef RUN_QUESTIONS_H
#define RUN_QUESTIONS_H

#include "agent/agent_actions.h"
#include "run/run_dialogue.h"

struct uv_loop_s;
struct questions;

struct questions_setup {
  struct uv_loop_s *loop;
  struct run_dialogue dialogue;
  /* The time of this one is over: the agent is to be told no.  It is not open any more,
   * and on_question_over() has been told. */
  void (*on_timeout)(void *who, struct span id);
  void *who;
};

struct questions *questions_new(const struct questions_setup *setup);
/* Somebody is asked.  False: too many wait. */
bool questions_ask(struct questions *q, const struct run_question *question);
/* It is answered: not open any more.  False: it was not. */
bool questions_take(struct questions *q, struct span id);
/* No answer is wanted any more. */
void questions_drop(struct questions *q, struct span id, enum run_question_end why);
void questions_drop_all(struct questions *q, enum run_question_end why);
size_t questions_open(const struct questions *q);
unsigned questions_wait_ms(const struct questions *q); /* how long each may wait */
void questions_free(struct questions *q);              /* NULL is fine; tells nobody */

#endif
