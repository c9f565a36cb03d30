/* SPDX-License-Identifier: MIT */
/* spending.h - what an agent has used of the run's budget, by its own word, and what that
 * means.  Pure.
 *
 *   tokens      of each answer of its model, all that went in and came out, caches
 *               included
 *   usd         what it says that they cost
 *   toolCalls   of host tools and its own; those of the events, and what is added here
 *   modelTurns  answers of its model
 *
 * A harness reports an answer when it is whole, sub-agents' too.  At 80 % a kind is near,
 * once.  Tokens, dollars and turns are over when the limit is reached and the agent goes
 * on: its last answer may have used the rest.  Tool calls are over with the first one
 * beyond it.  An agent that has ended its turn is over nothing.  */
#ifndef AGENT_SPENDING_H
#define AGENT_SPENDING_H

#include "event/event_usage.h"
#include "request/run_budget.h"

struct spending { /* zeroed: nothing */
  unsigned long long spent[BUDGET_KINDS];
  bool goes_on; /* the last answer asked for a tool: it is not the end */
  /* That is told of each, so acts say nothing: they may come behind the answer. */
  bool goes_on_told;
  unsigned near, reached;
  unsigned long long acts; /* when the last limit was reached */
};

/* An answer of the model is whole.  `goes_on`: as above; false: it is not known. */
void spending_answer(struct spending *s, const struct event_usage *usage, bool goes_on);
/* The same of an agent that tells the sum of its tokens alone. */
void spending_turn(struct spending *s, long long tokens);
void spending_cost(struct spending *s, double usd);
/* The agent has told the sum of all so far, which counts where it is more. */
void spending_total(struct spending *s, enum budget_kind kind, double amount);
/* A call that is no event's. */
void spending_call(struct spending *s);

struct spending_work { /* of the agent so far, by its events */
  unsigned long long calls, acts;
  bool ended; /* it has said that its turn is over */
};
/* What is near now (1 << kind) and was not before.  `over`: a kind, or BUDGET_KINDS. */
unsigned spending_look(struct spending *s, const struct run_budget *budget,
                       const struct spending_work *work, enum budget_kind *over);
/* "the run has used 80 of 100 tool calls (budget.toolCalls)" */
void spending_put_words(const struct spending *s, const struct run_budget *budget,
                        enum budget_kind kind, unsigned long long calls, struct buf *out);
/* "budget":{"spent":{…},"allowed":{…}}, of what stands in `counts` (1 << kind). */
void spending_put(const struct spending *s, const struct run_budget *budget,
                  unsigned counts, unsigned long long calls, struct buf *out);

#endif
