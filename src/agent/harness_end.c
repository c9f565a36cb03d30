/* SPDX-License-Identifier: MIT */
/* harness_end.c - the words for a process that ended badly or too early, with the end of
 * what it wrote to stderr.  */
#include "agent/harness_end.h"

#include "base/limits.h"
#include "base/signal_name.h"
#include "base/utf8.h"

enum { STDERR_SHOWN_CHARS = 1000 };

static void add_stderr(struct buf *message, struct span tail)
{
  struct buf clean = buf_make(4 * LIMIT_STDERR_TAIL_BYTES);
  utf8_repair(tail, &clean); /* the tail may begin inside a character */
  struct span shown = utf8_first(span_trim(buf_span(&clean)), STDERR_SHOWN_CHARS);
  if (shown.len > 0) {
    buf_add_text(message, ": ");
    buf_add(message, shown);
  }
  buf_free(&clean);
}

void harness_fail_by_end(struct events *events, const struct process_end *end)
{
  struct buf message = buf_make(LIMIT_ERROR_MESSAGE_BYTES + 1 * KIB);
  const char *code = "no-result";
  if (end->signal != 0) {
    const char *name = signal_name(end->signal);
    code = end->oom ? "out-of-memory" : "agent-signal";
    buf_addf(&message, "Agent process was killed by signal %d", end->signal);
    if (name)
      buf_addf(&message, " (%s)", name);
    if (end->oom)
      buf_add_text(&message, ", out of memory");
  } else if (end->status != 0) {
    code = "agent-exit";
    buf_addf(&message, "Agent process exited with code %d", end->status);
  } else {
    buf_add_text(&message, "Agent process exited without a result");
  }
  add_stderr(&message, end->stderr_tail);
  events_fail(events, span_of(code), buf_span(&message));
  buf_free(&message);
}

void agent_warn_if_silent(struct events *events)
{
  if (events_are_silent(events))
    events_warn(events, "empty-answer",
                SPAN_LITERAL("The agent answered without a word and called no tool."));
}
