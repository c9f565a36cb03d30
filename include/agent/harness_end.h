/* SPDX-License-Identifier: MIT */
/* harness_end.h - the error of a run whose agent ended without saying how it went.
 *
 * The code is agent-exit, agent-signal, out-of-memory or no-result; the message is worded
 * as TanStack's runner words it: "Agent process exited with code 7: <end of stderr>".  */
#ifndef AGENT_HARNESS_END_H
#define AGENT_HARNESS_END_H

#include "base/process.h"
#include "event/event.h"

void harness_fail_by_end(struct events *events, const struct process_end *end);

#endif
