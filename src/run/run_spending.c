/* SPDX-License-Identifier: MIT */
/* run_spending.c - from the counts to the warning and the end.  */
#include "run_spending.h"

#include "base/limits.h"

static void put_words(struct run *r, enum budget_kind kind, struct buf *out)
{
  spending_put_words(&r->session.actions.spending, &r->req->budget, kind,
                     events_tool_calls(r->events), out);
}

static void warn(struct run *r, enum budget_kind kind)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  put_words(r, kind, &text);
  events_warn(r->events, "budget-near", buf_span(&text));
  r->outcome.budget_warnings++;
  buf_free(&text);
}

bool run_spending_is_over(struct run *r, struct buf *why)
{
  if (!run_budget_is_given(&r->req->budget))
    return false;
  struct spending_work work = {.calls = events_tool_calls(r->events),
                               .acts = events_acts(r->events),
                               .ended = r->session.actions.hang_up};
  enum budget_kind over;
  unsigned near =
      spending_look(&r->session.actions.spending, &r->req->budget, &work, &over);
  for (enum budget_kind k = 0; k < BUDGET_KINDS; k++)
    if (near & 1u << k)
      warn(r, k);
  if (over == BUDGET_KINDS || r->code[0])
    return false;
  put_words(r, over, why);
  return true;
}

/* What it tells depends on its version, its provider and its settings. */
static void warn_uncounted(struct run *r)
{
  const struct spending *s = &r->session.actions.spending;
  for (enum budget_kind k = 0; k < BUDGET_KINDS; k++)
    if (r->req->budget.most[k] > 0 && k != BUDGET_TOOL_CALLS && s->spent[k] == 0) {
      struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
      buf_add_text(&text, "nothing was told of it, so it was not kept: ");
      run_budget_put_source(&r->req->budget, k, &text);
      events_warn(r->events, "budget-not-counted", buf_span(&text));
      buf_free(&text);
    }
}

void run_spending_report(struct run *r, struct buf *members)
{
  if (!run_budget_is_given(&r->req->budget))
    return;
  if (events_have_spoken(r->events) && agent_session_succeeded(&r->session))
    warn_uncounted(r);
  buf_add_char(members, ',');
  spending_put(&r->session.actions.spending, &r->req->budget,
               harness_counts(r->resources.harness, r->req), events_tool_calls(r->events),
               members);
}
