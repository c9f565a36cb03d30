/* SPDX-License-Identifier: MIT */
/* executors.c - one row for each executor; the last takes whatever no other wants. */
#include "run/executors.h"

#include "tool/tool_command.h"
#include "tool/tool_http.h"

static tool_executor_claim *const table[] = {tool_command_claim, tool_http_claim};

int executors_choose(struct tool_source *source, struct tool_executor *out,
                     struct fault *f)
{
  int claimed = 0;
  for (size_t i = 0; claimed == 0 && i < sizeof table / sizeof *table; i++)
    claimed = table[i](source, out, f);
  return claimed < 0 ? -1 : 0;
}
