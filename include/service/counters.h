/* SPDX-License-Identifier: MIT */
/* counters.h - what all runs of this process came to, for GET /metrics.  Pure.
 *
 * Zero at the start, only ever added to.  Runs are counted by outcome: "finished", or
 * the code of their RUN_ERROR; agents may make up codes, so after COUNTERS_CODES of them
 * the rest counts as "other".  */
#ifndef SERVICE_COUNTERS_H
#define SERVICE_COUNTERS_H

#include "run/run_outcome.h"

#define COUNTERS_CODES 32
#define COUNTERS_STEPS 12 /* of the histogram, without the last, +Inf */

#define COUNTERS_TOOLS (RUN_TOOL_CANCELLED + 1)
extern const char *const counters_tool_names[COUNTERS_TOOLS]; /* by enum run_tool_end */
extern const unsigned counters_steps_ms[COUNTERS_STEPS];

struct counters {
  struct counters_code {
    char name[64];
    unsigned long long runs;
  } codes[COUNTERS_CODES + 1]; /* the last: "other" */
  size_t code_count;
  unsigned long long events, bytes, agent_cpu_ms,
      budget_warnings; /* of runs that are over */
  unsigned long long tool_calls[COUNTERS_TOOLS];
  unsigned long long tool_steps[COUNTERS_STEPS + 1]; /* calls that took at most so long */
  unsigned long long tool_ms;
};

void counters_run(struct counters *c, const struct run_outcome *outcome,
                  unsigned long long bytes);
/* A run_settings.on_tool_ended; context: the counters. */
void counters_tool_call(void *context, enum run_tool_end how, unsigned ms);

#endif
