/* SPDX-License-Identifier: MIT */
/* codex.h - Codex (`codex exec --json`), seen with 0.171.0.
 *
 * Wire: one JSON object a line: thread.started, turn.started, item.started / .updated /
 * .completed with one item each, turn.completed or turn.failed, and error.  See the table
 * in codex.c.  */
#ifndef AGENT_CODEX_H
#define AGENT_CODEX_H

#include "agent/harness.h"

extern const struct harness codex_harness;

#endif
