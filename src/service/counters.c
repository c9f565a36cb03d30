/* SPDX-License-Identifier: MIT */
/* tally.c - see tally.h. */
#include "service/counters.h"

#include <stdio.h>
#include <string.h>

const char *const tally_tool_names[TALLY_TOOLS] = {"result", "failed", "error",
                                                   "cancelled"};
const unsigned tally_steps_ms[TALLY_STEPS] = {5,    10,   25,    50,    100,    250,
                                              1000, 5000, 15000, 60000, 300000, 1800000};

static struct tally_code *code_of(struct tally *t, const char *name)
{
  for (size_t i = 0; i < t->code_count; i++)
    if (!strcmp(t->codes[i].name, name))
      return &t->codes[i];
  if (t->code_count < TALLY_CODES)
    snprintf(t->codes[t->code_count].name, sizeof t->codes->name, "%s", name);
  else if (t->code_count == TALLY_CODES)
    snprintf(t->codes[TALLY_CODES].name, sizeof t->codes->name, "other");
  else
    return &t->codes[TALLY_CODES];
  return &t->codes[t->code_count++];
}

void tally_run(struct tally *t, const struct run_outcome *outcome,
               unsigned long long bytes)
{
  code_of(t, outcome->finished ? "finished" : outcome->code)->runs++;
  t->events += outcome->events;
  t->bytes += bytes;
  t->agent_cpu_ms += outcome->cpu_ms;
}

void tally_tool_call(void *who, const struct tool_answer *answer, unsigned ms)
{
  struct tally *t = who;
  enum tally_tool outcome = answer->cancelled     ? TALLY_CANCELLED
                            : answer->failure.len ? TALLY_FAILED
                            : answer->error.len   ? TALLY_ERROR
                                                  : TALLY_RESULT;
  size_t step = 0;
  while (step < TALLY_STEPS && ms > tally_steps_ms[step])
    step++;
  t->tool_calls[outcome]++;
  t->tool_steps[step]++;
  t->tool_ms += ms;
}
