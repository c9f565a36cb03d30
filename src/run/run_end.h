/* SPDX-License-Identifier: MIT */
/* run_end.h - how a run ends.
 *
 * Every end goes one way: a reason is kept if we were it (run_set_reason), the agent is
 * gone (run_child_ended), what it left behind is swept or named, run_conclude() gives
 * back what the run holds, and in one turn the last event is sent and its door hears of
 * it: who reads that event finds no file and no process of the run, and may post the next
 * one into its workspace.  */
#ifndef RUN_RUN_END_H
#define RUN_RUN_END_H

#include "run_state.h"

/* Why we end it.  The first reason stays: what follows it is only its consequence. */
void run_set_reason(struct run *r, const char *code, const char *message);
/* an on_end of the child; who: the run */
void run_child_ended(void *who, const struct process_end *end);
/* The way back, then the last event; for what never had an agent `end` is NULL. */
void run_conclude(struct run *r, const struct process_end *end);
/* All that it holds, and itself: for what never started, or is over. */
void run_release(struct run *r);

#endif
