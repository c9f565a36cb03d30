/* SPDX-License-Identifier: MIT */
/* run_talk.h - who talks with a run's agent: questions and answers, more words
 * (run/run_dialogue.h).  */
#ifndef RUN_RUN_TALK_H
#define RUN_RUN_TALK_H

#include "run_state.h"

void run_talk_begin(struct run *r); /* run_start() */
/* Puts what the agent asks to whoever talks with it. */
void run_talk_tell(struct run *r);
/* No answer is wanted any more: the run is ending. */
void run_talk_end(struct run *r);
void run_talk_free(struct run *r);

#endif
