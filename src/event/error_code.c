/* SPDX-License-Identifier: MIT */
/* error_code.c - one list; who sends a code takes its word from it. */
#include "event/error_code.h"

#include <string.h>

const char *const error_codes_of_ours[] = {"agent-error",
                                           "agent-exit",
                                           "agent-signal",
                                           "out-of-memory",
                                           "no-result",
                                           "spawn-failed",
                                           "prompt-invalid",
                                           "clone-failed",
                                           "setup-failed",
                                           "bridge-failed",
                                           "session-import-failed",
                                           "workspace-conflict",
                                           "workspace-failed",
                                           "structured-output-parse-failed",
                                           "start-timeout",
                                           "idle-timeout",
                                           "run-timeout",
                                           "hold-timeout",
                                           "memory-limit",
                                           "budget-exceeded",
                                           "cancelled",
                                           "runner-shutdown",
                                           "runner-lost",
                                           "bad-request",
                                           "internal",
                                           NULL};

static bool is_ours(struct span code)
{
  for (const char *const *ours = error_codes_of_ours; *ours; ours++)
    if (span_is(code, *ours))
      return true;
  /* A run's outcome in /runs and /metrics, told by the service. */
  return span_is(code, "finished") || span_is(code, "runner-lost");
}

static bool is_plain(struct span code)
{
  for (size_t i = 0; i < code.len; i++)
    if (code.at[i] == 0 || !strchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", code.at[i]))
      return false;
  return code.len > 0 && code.len <= ERROR_CODE_BYTES;
}

void error_code_of_agent(struct span told, struct buf *out)
{
  size_t from = out->len;
  if (is_ours(told) || !is_plain(told))
    buf_add_text(out, "agent:");
  buf_add(out, span_cut_utf8(told, ERROR_CODE_BYTES - (out->len - from)));
}
