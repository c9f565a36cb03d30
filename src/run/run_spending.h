/* SPDX-License-Identifier: MIT */
/* run_spending.h - the run's budget is kept: what the agent has used by its own word
 * (agent/spending.h) is looked at after each thing that it says.
 *
 * Near a limit, once for each: CUSTOM runlet.warning "budget-near".  Over it the agent is
 * ended as by a cancel (its own way to be interrupted, then TERM and KILL), and the run
 * with the code "budget-exceeded".  An agent that ended well and told nothing of a kind:
 * "budget-not-counted".  */
#ifndef RUN_RUN_SPENDING_H
#define RUN_RUN_SPENDING_H

#include "run_state.h"

/* After what it said was carried out.  True: the agent is to be ended, and `why` has the
 * words for it. */
bool run_spending_is_over(struct run *r, struct buf *why);
/* At the end, before the last event: "budget" of the report, if the run has one. */
void run_spending_report(struct run *r, struct buf *members);

#endif
