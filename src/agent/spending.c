/* SPDX-License-Identifier: MIT */
/* spending.c - sums, and where they stand against the limits.  */
#include "agent/spending.h"

void spending_turn(struct spending *s, long long tokens)
{
  s->spent[BUDGET_MODEL_TURNS]++;
  s->spent[BUDGET_TOKENS] += tokens > 0 ? (unsigned long long)tokens : 0;
  s->goes_on = false;
}

void spending_answer(struct spending *s, const struct event_usage *usage, bool goes_on)
{
  spending_turn(s, event_usage_whole(usage).total);
  s->goes_on = goes_on;
}

static unsigned long long amount_of(enum budget_kind kind, double told)
{
  double amount = kind == BUDGET_USD ? told * (double)BUDGET_USD_PARTS : told;
  return amount > 0 && amount < 1e18 ? (unsigned long long)(amount + 0.5) : 0;
}

void spending_cost(struct spending *s, double usd)
{
  s->spent[BUDGET_USD] += amount_of(BUDGET_USD, usd);
}

void spending_total(struct spending *s, enum budget_kind kind, double amount)
{
  unsigned long long n = amount_of(kind, amount);
  if (n > s->spent[kind])
    s->spent[kind] = n;
}

void spending_call(struct spending *s)
{
  s->spent[BUDGET_TOOL_CALLS]++;
}

static unsigned long long spent_of(const struct spending *s, enum budget_kind kind,
                                   unsigned long long calls)
{
  return s->spent[kind] + (kind == BUDGET_TOOL_CALLS ? calls : 0);
}

static bool is_over(struct spending *s, enum budget_kind kind, unsigned long long most,
                    const struct spending_work *work)
{
  unsigned long long spent = spent_of(s, kind, work->calls);
  unsigned bit = 1u << kind;
  if (kind == BUDGET_TOOL_CALLS || spent < most)
    return spent > most && !work->ended;
  if (!(s->reached & bit))
    s->acts = work->acts;
  s->reached |= bit;
  return !work->ended && (s->goes_on || (work->acts > s->acts && !s->goes_on_told));
}

unsigned spending_look(struct spending *s, const struct run_budget *budget,
                       const struct spending_work *work, enum budget_kind *over)
{
  unsigned news = 0;
  *over = BUDGET_KINDS;
  for (enum budget_kind k = 0; k < BUDGET_KINDS; k++) {
    unsigned long long most = budget->most[k];
    if (most == 0)
      continue;
    if (spent_of(s, k, work->calls) >= most - most / 5)
      news |= 1u << k;
    if (is_over(s, k, most, work) && *over == BUDGET_KINDS)
      *over = k;
  }
  news &= ~s->near;
  s->near |= news;
  return news;
}

void spending_put_words(const struct spending *s, const struct run_budget *budget,
                        enum budget_kind kind, unsigned long long calls, struct buf *out)
{
  static const char *const units[BUDGET_KINDS] = {"tokens", "US dollars", "tool calls",
                                                  "model turns"};
  buf_add_text(out, "the run has used ");
  run_budget_put(kind, spent_of(s, kind, calls), out);
  buf_add_text(out, " of ");
  run_budget_put(kind, budget->most[kind], out);
  buf_addf(out, " %s (", units[kind]);
  run_budget_put_source(budget, kind, out);
  buf_add_char(out, ')');
}

void spending_put(const struct spending *s, const struct run_budget *budget,
                  unsigned counts, unsigned long long calls, struct buf *out)
{
  const char *comma = "\"budget\":{\"spent\":{";
  for (enum budget_kind k = 0; k < BUDGET_KINDS; k++) {
    if (!(counts & 1u << k) || (k == BUDGET_USD && !s->spent[k] && !budget->most[k]))
      continue;
    buf_addf(out, "%s\"%s\":", comma, run_budget_name(k));
    run_budget_put(k, spent_of(s, k, calls), out);
    comma = ",";
  }
  comma = "},\"allowed\":{";
  for (enum budget_kind k = 0; k < BUDGET_KINDS; k++) {
    if (budget->most[k] == 0)
      continue;
    buf_addf(out, "%s\"%s\":", comma, run_budget_name(k));
    run_budget_put(k, budget->most[k], out);
    comma = ",";
  }
  buf_add_text(out, "}}");
}
