/* SPDX-License-Identifier: MIT */
/* counters.c - see counters.h. */
#include "service/counters.h"

#include <stdio.h>
#include <string.h>

const char *const counters_tool_names[COUNTERS_TOOLS] = {"result", "failed", "error",
                                                         "cancelled"};
const unsigned counters_steps_ms[COUNTERS_STEPS] = {
    5, 10, 25, 50, 100, 250, 1000, 5000, 15000, 60000, 300000, 1800000};

static struct counters_code *code_of(struct counters *t, const char *name)
{
  for (size_t i = 0; i < t->code_count; i++)
    if (!strcmp(t->codes[i].name, name))
      return &t->codes[i];
  if (t->code_count < COUNTERS_CODES)
    snprintf(t->codes[t->code_count].name, sizeof t->codes->name, "%s", name);
  else if (t->code_count == COUNTERS_CODES)
    snprintf(t->codes[COUNTERS_CODES].name, sizeof t->codes->name, "other");
  else
    return &t->codes[COUNTERS_CODES];
  return &t->codes[t->code_count++];
}

void counters_run(struct counters *t, const struct run_outcome *outcome,
                  unsigned long long bytes)
{
  code_of(t, outcome->finished ? "finished" : outcome->code)->runs++;
  t->events += outcome->events;
  t->bytes += bytes;
  t->agent_cpu_ms += outcome->cpu_ms;
}

void counters_tool_call(void *who, const struct tool_answer *answer, unsigned ms)
{
  struct counters *t = who;
  enum counters_tool outcome = answer->cancelled     ? COUNTERS_CANCELLED
                               : answer->failure.len ? COUNTERS_FAILED
                               : answer->error.len   ? COUNTERS_ERROR
                                                     : COUNTERS_RESULT;
  size_t step = 0;
  while (step < COUNTERS_STEPS && ms > counters_steps_ms[step])
    step++;
  t->tool_calls[outcome]++;
  t->tool_steps[step]++;
  t->tool_ms += ms;
}
