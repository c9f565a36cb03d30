/* SPDX-License-Identifier: MIT */
/* run_tools.c - the door's words to the executor. */
#include "run/run_tools.h"

#include "run_state.h"
#include "tool/tool_relay.h"

bool run_tool_result(struct run *r, struct span id, struct span result_json, bool failed)
{
  return tool_relay_answer(&r->resources.tools, id, result_json, failed);
}
