/* SPDX-License-Identifier: MIT */
/* tool_split.h - the executor of a run of whose tools some are the client's own (struct
 * tool.frontend) and the others the host's: each call goes to the executor for it.  */
#ifndef TOOL_TOOL_SPLIT_H
#define TOOL_TOOL_SPLIT_H

#include "request/tools.h"
#include "tool/tool_executor.h"

struct tool_split { /* filled in by its owner; outlives the calls */
  const struct tools *tools;
  struct tool_executor frontend, host;
};

struct tool_executor tool_split_executor(struct tool_split *split);

#endif
