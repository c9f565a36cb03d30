/* SPDX-License-Identifier: MIT */
/* harness_end.h - the error of a run whose agent ended without saying how it went, and
 * the warning where it ended well and said nothing.
 *
 * The code of the error is agent-exit, agent-signal, out-of-memory or no-result, its
 * words are those of TanStack's runner: "Agent process exited with code 7: <end of
 * stderr>".  */
#ifndef AGENT_HARNESS_END_H
#define AGENT_HARNESS_END_H

#include "base/process.h"
#include "event/event.h"

void harness_fail_by_end(struct events *events, const struct process_end *end);
/* Before the run finishes well, unless the answer is a value that was told: warning
 * "empty-answer" where no word and no tool call went out. */
void agent_warn_if_silent(struct events *events);

#endif
