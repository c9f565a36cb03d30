/* SPDX-License-Identifier: MIT */
/* tool_relay.h - the executor of calls that whoever opened the run takes over its own
 * wire: it is told of each call and hands the answer in, sooner or later.
 *
 * on_call comes from inside the executor's start, and tool_relay_answer() may be called
 * from inside it.  Of a call that was told one answer is taken: tool_relay_answer(), the
 * deadline, or a cancel, whichever is first; on_over tells of the last two.  */
#ifndef TOOL_TOOL_RELAY_H
#define TOOL_TOOL_RELAY_H

#include "tool/tool_executor.h"

struct tool_relayed; /* one call that waits for its answer */

struct tool_relay { /* of tool_source; outlives the run's calls */
  /* `id` is the call's for the answer; name and args_json (raw JSON) are lent. */
  void (*on_call)(void *who, struct span id, struct span name, struct span args_json);
  void (*on_over)(void *who, struct span id); /* no answer is wanted any more */
  void *who;
};

tool_executor_claim tool_relay_claim;
/* The tool's result, raw JSON; `failed`: it is what went wrong.  False: no such call
 * waits. */
bool tool_relay_answer(struct tool_source *source, struct span id,
                       struct span result_json, bool failed);

#endif
