/* SPDX-License-Identifier: MIT */
/* run_outcome.h - what became of a run and of its tool calls, in plain values.  Pure. */
#ifndef RUN_RUN_OUTCOME_H
#define RUN_RUN_OUTCOME_H

#include "base/buf.h"

struct run_outcome {
  bool finished; /* RUN_FINISHED */
  char code[64]; /* else the RUN_ERROR's code */
  unsigned long long events, tool_calls, duration_ms, cpu_ms;
  unsigned budget_warnings;
  struct span report;  /* members of metadata.runlet, lent for the call */
  struct buf *archive; /* session.export: may be taken with buf_take(); NULL: none */
  struct span session; /* as the agent named it, lent for the call; empty: it did not */
};

enum run_tool_end { /* of a call of a host tool */
                    RUN_TOOL_RESULT,
                    RUN_TOOL_FAILED, /* the agent was told so in words */
                    RUN_TOOL_ERROR,  /* … by a JSON-RPC error */
                    RUN_TOOL_CANCELLED
};

#endif
