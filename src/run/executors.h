/* SPDX-License-Identifier: MIT */
/* executors.h - the table of what can run a host tool, and the choice from it.
 *
 * The first executor that takes the source runs all tools of the run.  To add one: see
 * tool/tool_executor.h.  */
#ifndef RUN_EXECUTORS_H
#define RUN_EXECUTORS_H

#include "tool/tool_executor.h"

/* FAULT_BAD_INPUT names the request's field at fault.  `source` outlives `out`. */
int executors_choose(struct tool_source *source, struct tool_executor *out,
                     struct fault *f);

#endif
