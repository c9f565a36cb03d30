/* SPDX-License-Identifier: MIT */
/* run_tools.h - a door that runs the host tools over its own wire (tool/tool_relay.h).
 *
 * Its run_settings name it (run_settings.tools): then toolExecUrl is not asked for, each
 * call is told to it, and it hands the answer in by run_tool_result().  */
#ifndef RUN_RUN_TOOLS_H
#define RUN_RUN_TOOLS_H

#include "run/run_settings.h"

struct run;

/* The tool's result, raw JSON; `failed`: it is what went wrong.  False: no such call
 * waits.  May be called from inside on_call. */
bool run_tool_result(struct run *r, struct span id, struct span result_json, bool failed);

#endif
