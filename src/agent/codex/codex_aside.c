/* SPDX-License-Identifier: MIT */
/* codex_aside.c - what is looked for stands in a line as it is.  */
#include "codex_aside.h"

#include "base/limits.h"

#include <string.h>

#define PART  "codex_otel.trace_safe"
#define RULES PART "=info"

void codex_aside_plan(const struct run_request *req, struct process_plan *out)
{
  struct buf rules = buf_make(64 * KIB);
  if (req->budget.most[BUDGET_TOKENS] == 0 && req->budget.most[BUDGET_MODEL_TURNS] == 0)
    return;
  buf_add_text(&rules, "error"); /* as without the variable */
  for (size_t i = 0; i < req->env_count; i++)
    if (span_is(req->env[i].name, "RUST_LOG")) {
      buf_clear(&rules);
      buf_add(&rules, req->env[i].value);
    }
  buf_add_text(&rules, "," RULES);
  strv_set_env(&out->env, "RUST_LOG", buf_span(&rules));
  out->aside = " " PART ": ";
  buf_free(&rules);
}

static bool says(struct span line, const char *words)
{
  return memmem(line.at, line.len, words, strlen(words));
}

/* The number behind " NAME="; 0: there is none. */
static long long count_of(struct span line, const char *name)
{
  unsigned long long n = 0;
  const char *at = memmem(line.at, line.len, name, strlen(name));
  if (!at)
    return 0;
  struct span rest = span_after(line, (size_t)(at - line.at) + strlen(name));
  size_t digits = 0;
  while (digits < rest.len && rest.at[digits] >= '0' && rest.at[digits] <= '9')
    digits++;
  (void)span_to_number((struct span){rest.at, digits}, 0, 1ull << 53, &n);
  return (long long)n;
}

void codex_aside_read(struct codex_aside *c, struct span line, struct spending *s)
{
  s->goes_on_told = true;
  if (says(line, "event.name=\"codex.tool_call_received\"")) {
    c->calls = s->goes_on = true;
  } else if (says(line, "event.name=\"codex.api_request\"") ||
             says(line, "event.name=\"codex.tool_result\"")) {
    s->goes_on = true;
  } else if (says(line, " event.kind=response.completed ")) {
    spending_turn(s, count_of(line, " input_token_count=") +
                         count_of(line, " output_token_count="));
    s->goes_on = c->calls;
    c->calls = false;
  }
}
