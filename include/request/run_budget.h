/* SPDX-License-Identifier: MIT */
/* run_budget.h - how much a run may use: `budget` of a request, and what caps it.  Pure.
 *
 *   budget: {"tokens"?, "usd"?, "toolCalls"?, "modelTurns"?}
 *
 * Each is above 0, and whole but for usd.  A member that is not known is refused: a limit
 * that is misspelt would be one that nobody keeps.  The options --max-budget-… hold for
 * every run; a request may only ask for less.  What is counted says agent/spending.h.  */
#ifndef REQUEST_RUN_BUDGET_H
#define REQUEST_RUN_BUDGET_H

#include "base/buf.h"
#include "base/fault.h"

enum budget_kind {
  BUDGET_TOKENS,
  BUDGET_USD,
  BUDGET_TOOL_CALLS,
  BUDGET_MODEL_TURNS,
  BUDGET_KINDS
};
/* US dollars are counted in parts of so many, from doubles as they are told. */
#define BUDGET_USD_PARTS 1000000000ull

struct run_budget {
  unsigned long long most[BUDGET_KINDS]; /* 0: any number; of USD in its parts */
  unsigned capped;                       /* 1 << kind: it is an option's */
};

/* `raw`: a JSON object, lent for the call.  `where` is what stands before the names in an
 * error: "budget.".  FAULT_BAD_INPUT. */
int run_budget_parse(struct span raw, const char *where, struct run_budget *out,
                     struct fault *f);
/* What is above `cap` becomes that; `option`: it is the one of an option. */
void run_budget_cap(struct run_budget *b, const struct run_budget *cap, bool option);
bool run_budget_is_given(const struct run_budget *b);
/* "0.25": digits with at most nine behind a dot. */
bool run_budget_read_usd(struct span text, unsigned long long *out);
/* An amount as people and JSON have it: "1500", "0.25". */
void run_budget_put(enum budget_kind kind, unsigned long long amount, struct buf *out);
const char *run_budget_name(enum budget_kind kind); /* "toolCalls" */
/* Whose limit it is: "budget.toolCalls" or "--max-budget-tool-calls". */
void run_budget_put_source(const struct run_budget *b, enum budget_kind kind,
                           struct buf *out);

#endif
