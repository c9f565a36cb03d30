/* SPDX-License-Identifier: MIT */
/* executors.c - one row for each executor; the last takes whatever no other wants. */
#include "run/executors.h"

#include "tool/tool_command.h"
#include "tool/tool_http.h"

static tool_executor_make *const table[] = {tool_command_make, tool_http_make};

int executors_choose(struct tool_source *source, struct tool_executor *out,
                     struct fault *f)
{
  int made = 0;
  for (size_t i = 0; made == 0 && i < sizeof table / sizeof *table; i++)
    made = table[i](source, out, f);
  return made < 0 ? -1 : 0;
}
