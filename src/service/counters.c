/* SPDX-License-Identifier: MIT */
/* counters.c - plain additions; the names of codes are taken as they come. */
#include "service/counters.h"

#include <stdio.h>
#include <string.h>

const char *const counters_tool_names[COUNTERS_TOOLS] = {[RUN_TOOL_RESULT] = "result",
                                                         [RUN_TOOL_FAILED] = "failed",
                                                         [RUN_TOOL_ERROR] = "error",
                                                         [RUN_TOOL_CANCELLED] =
                                                             "cancelled"};
const unsigned counters_steps_ms[COUNTERS_STEPS] = {
    5, 10, 25, 50, 100, 250, 1000, 5000, 15000, 60000, 300000, 1800000};

/* The last place is "other": made when it is first needed. */
static struct counters_code *code_of(struct counters *c, const char *name)
{
  for (size_t i = 0; i < c->code_count; i++)
    if (!strcmp(c->codes[i].name, name))
      return &c->codes[i];
  if (c->code_count < COUNTERS_CODES)
    snprintf(c->codes[c->code_count].name, sizeof c->codes->name, "%s", name);
  else if (c->code_count == COUNTERS_CODES)
    snprintf(c->codes[COUNTERS_CODES].name, sizeof c->codes->name, "other");
  else
    return &c->codes[COUNTERS_CODES];
  return &c->codes[c->code_count++];
}

void counters_run(struct counters *c, const struct run_outcome *outcome,
                  unsigned long long bytes)
{
  code_of(c, outcome->finished ? "finished" : outcome->code)->runs++;
  c->events += outcome->events;
  c->bytes += bytes;
  c->agent_cpu_ms += outcome->cpu_ms;
  c->budget_warnings += outcome->budget_warnings;
}

void counters_tool_call(void *context, enum run_tool_end how, unsigned ms)
{
  struct counters *c = context;
  size_t step = 0; /* the first that is not too short, else +Inf */
  while (step < COUNTERS_STEPS && ms > counters_steps_ms[step])
    step++;
  c->tool_calls[how]++;
  c->tool_steps[step]++;
  c->tool_ms += ms;
}
