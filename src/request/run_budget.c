/* SPDX-License-Identifier: MIT */
/* run_budget.c - one table of names; US dollars are the only kind with a dot.  */
#include "request/run_budget.h"

#include "base/json.h"

#include <string.h>

static const struct {
  const char *name, *option;
} rows[BUDGET_KINDS] = {[BUDGET_TOKENS] = {"tokens", "tokens"},
                        [BUDGET_USD] = {"usd", "usd"},
                        [BUDGET_TOOL_CALLS] = {"toolCalls", "tool-calls"},
                        [BUDGET_MODEL_TURNS] = {"modelTurns", "model-turns"}};

/* What a double counts in whole numbers, and dollars that their parts can hold. */
#define MOST_COUNT (1ull << 53)
#define MOST_USD   1000000000

static int read_member(json_at v, const char *where, struct run_budget *out,
                       struct fault *f)
{
  enum budget_kind k = 0;
  while (k < BUDGET_KINDS && !span_is(json_key(v), rows[k].name))
    k++;
  if (k == BUDGET_KINDS)
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: %s%.*s is not known: it is tokens, usd, toolCalls or "
                     "modelTurns",
                     where, SPAN_ARG(span_cut_utf8(json_key(v), 100)));
  if (json_kind(v) == JSON_NULL)
    return 0;
  double usd = json_number(v, 0);
  bool good = json_kind(v) == JSON_NUMBER;
  if (k == BUDGET_USD && usd > 0 && usd <= MOST_USD)
    out->most[k] = (unsigned long long)(usd * BUDGET_USD_PARTS + 0.5);
  else
    good = good && k != BUDGET_USD && json_whole(v, MOST_COUNT, &out->most[k]);
  if (!good || out->most[k] == 0)
    return fault_set(f, FAULT_BAD_INPUT, "run request: %s%s must be a %snumber above 0",
                     where, rows[k].name, k == BUDGET_USD ? "" : "whole ");
  return 0;
}

int run_budget_parse(struct span raw, const char *where, struct run_budget *out,
                     struct fault *f)
{
  struct fault why = {0};
  struct json *doc = json_parse(raw, NULL, &why);
  json_at root = doc ? json_root(doc) : NULL;
  int rc = 0;
  *out = (struct run_budget){0};
  if (json_kind(root) != JSON_OBJECT)
    rc = fault_set(f, FAULT_BAD_INPUT, "run request: %.*s must be an object",
                   (int)strlen(where) - 1, where);
  else
    for (json_at v = json_first(root); v && rc == 0; v = json_next(v))
      rc = read_member(v, where, out, f);
  json_free(doc);
  return rc;
}

void run_budget_cap(struct run_budget *b, const struct run_budget *cap, bool option)
{
  for (int k = 0; k < BUDGET_KINDS; k++)
    if (cap->most[k] && (!b->most[k] || b->most[k] > cap->most[k])) {
      b->most[k] = cap->most[k];
      b->capped |= option ? 1u << k : 0;
    }
}

bool run_budget_is_given(const struct run_budget *b)
{
  bool given = false;
  for (int k = 0; k < BUDGET_KINDS; k++)
    given = given || b->most[k] > 0;
  return given;
}

bool run_budget_read_usd(struct span text, unsigned long long *out)
{
  unsigned long long whole = 0, parts = 0;
  const char *dot = text.len > 0 ? memchr(text.at, '.', text.len) : NULL;
  size_t digits = dot ? (size_t)(dot - text.at) : text.len;
  if (!span_to_number((struct span){text.at, digits}, 0, MOST_USD, &whole))
    return false;
  struct span rest = dot ? span_after(text, digits + 1) : SPAN_LITERAL("0");
  if (rest.len > 9 || !span_to_number(rest, 0, BUDGET_USD_PARTS - 1, &parts))
    return false;
  for (size_t i = rest.len; i < 9; i++)
    parts *= 10;
  *out = whole * BUDGET_USD_PARTS + parts;
  return true;
}

void run_budget_put(enum budget_kind kind, unsigned long long amount, struct buf *out)
{
  if (kind != BUDGET_USD) {
    buf_addf(out, "%llu", amount);
    return;
  }
  unsigned long long parts = amount % BUDGET_USD_PARTS;
  int digits = 9;
  for (; digits > 0 && parts % 10 == 0; digits--)
    parts /= 10;
  buf_addf(out, "%llu", amount / BUDGET_USD_PARTS);
  if (digits > 0)
    buf_addf(out, ".%0*llu", digits, parts);
}

const char *run_budget_name(enum budget_kind kind)
{
  return rows[kind].name;
}

void run_budget_put_source(const struct run_budget *b, enum budget_kind kind,
                           struct buf *out)
{
  bool option = b->capped & 1u << kind;
  buf_addf(out, "%s%s", option ? "--max-budget-" : "budget.",
           option ? rows[kind].option : rows[kind].name);
}
