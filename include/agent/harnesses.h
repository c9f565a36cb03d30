/* SPDX-License-Identifier: MIT */
/* harnesses.h - the table of agents: one row an agent, and what is made of the rows.
 *
 * To add an agent: a folder src/agent/<name>/ whose <name>.c defines one `const struct
 * harness <name>_harness` (agent/harness.h), its row below, and a folder
 * tests/golden/<id>/.  Nothing else lists agents: admission, translate, the golden tests
 * and their fuzzing take them from here.  */
#ifndef AGENT_HARNESSES_H
#define AGENT_HARNESSES_H

#include "agent/harness.h"

#define HARNESSES(ROW)                                                                   \
  ROW(claude_code)                                                                       \
  ROW(codex)                                                                             \
  ROW(opencode)                                                                          \
  ROW(grok_build)                                                                        \
  ROW(gemini)                                                                            \
  ROW(acp)                                                                               \
  ROW(command)

#define HARNESS_DECLARED(name) extern const struct harness name##_harness;
HARNESSES(HARNESS_DECLARED)
#undef HARNESS_DECLARED

const struct harness *harness_find(struct span id); /* NULL: not known */
/* In the order of the rows; NULL past the last. */
const struct harness *harness_at(size_t index);

#endif
