/* SPDX-License-Identifier: MIT */
/* counters.h - what all runs of this process came to, for GET /metrics.
 *
 * Zeroed at the start, only ever added to.  Codes are the outcome of runs: "finished" or
 * what their RUN_ERROR is called; agents may make up codes, so after TALLY_CODES of them
 * the rest counts as "other".  */
#ifndef SERVICE_COUNTERS_H
#define SERVICE_COUNTERS_H

#include "run/run.h"
#include "tool/tool_answer.h"

#define TALLY_CODES 32
#define TALLY_STEPS 12 /* of the histogram, without the last, +Inf */

enum tally_tool { TALLY_RESULT, TALLY_FAILED, TALLY_ERROR, TALLY_CANCELLED, TALLY_TOOLS };
extern const char *const tally_tool_names[TALLY_TOOLS];
extern const unsigned tally_steps_ms[TALLY_STEPS];

struct tally {
  struct tally_code {
    char name[64];
    unsigned long long runs;
  } codes[TALLY_CODES + 1]; /* the last: "other" */
  size_t code_count;
  unsigned long long events, bytes, agent_cpu_ms; /* of runs that are over */
  unsigned long long tool_calls[TALLY_TOOLS];
  unsigned long long tool_steps[TALLY_STEPS + 1]; /* calls that took at most so long */
  unsigned long long tool_ms;
};

void tally_run(struct tally *t, const struct run_outcome *outcome,
               unsigned long long bytes);
/* A tool_route's on_ended; who: the tally. */
void tally_tool_call(void *who, const struct tool_answer *answer, unsigned ms);

#endif
