/* SPDX-License-Identifier: MIT */
/* run_words.h - the user's messages to a run that goes on (run/run_dialogue.h): those
 * that wait for the end of the turn, and those that the agent was given and has not taken
 * up yet.  In the order in which they came.  */
#ifndef RUN_RUN_WORDS_H
#define RUN_RUN_WORDS_H

#include "run_state.h"

/* What the agent has said about them, after each call to its harness. */
void run_words_tell(struct run *r);
/* The turn is over.  True: the run stays, for the next has begun, or the agent is to take
 * up what it was given; false: there is nothing to stay for. */
bool run_words_turn_over(struct run *r);
/* What nobody took up is refused.  Any number of times, the last before the terminal
 * event. */
void run_words_end(struct run *r);
void run_words_free(struct run *r);

#endif
