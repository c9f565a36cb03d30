/* SPDX-License-Identifier: MIT */
/* executors.c - one row for each executor; the last takes whatever no other wants. */
#include "executors.h"

/* In the order in which they are asked.  A row stands for <name>_claim, which <name>.c
 * defines. */
#define EXECUTOR_ROWS(ROW)                                                               \
  ROW(tool_server)                                                                       \
  ROW(tool_relay)                                                                        \
  ROW(tool_callback)                                                                     \
  ROW(tool_command)                                                                      \
  ROW(tool_http)

#define EXECUTOR_DECLARED(name) tool_executor_claim name##_claim;
#define EXECUTOR_LISTED(name)   name##_claim,
EXECUTOR_ROWS(EXECUTOR_DECLARED)
static tool_executor_claim *const table[] = {EXECUTOR_ROWS(EXECUTOR_LISTED)};

int executors_choose(struct tool_source *source, struct tool_executor *out,
                     struct fault *f)
{
  int claimed = 0;
  for (size_t i = 0; claimed == 0 && i < sizeof table / sizeof *table; i++)
    claimed = table[i](source, out, f);
  return claimed < 0 ? -1 : 0;
}
