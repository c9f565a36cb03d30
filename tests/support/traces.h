/* SPDX-License-Identifier: MIT */
/* traces.h - what a test may have left behind: processes, zombies, descriptors.
 *
 * Processes are found by an entry "TRACE_MARK=<text>" in their environment: a child that
 * has left its group, its session and its parent still has it. */
#ifndef SUPPORT_TRACES_H
#define SUPPORT_TRACES_H

#include "base/process.h"

/* A mark nobody else has, as an environment entry with PATH beside it. */
struct strv traces_environment(void);
const char *traces_mark(void); /* of the last traces_environment(): "TRACE_MARK=…" */
/* Processes that carry the mark and are not dead; keepers (process/keeper.h) do not
 * count. */
unsigned traces_alive(void);
/* Waits until that many are left; after `ms` the test fails. */
void traces_expect_alive(unsigned count, unsigned ms);
/* Fails if this process has a child, living or dead. */
void traces_expect_no_child(void);
unsigned traces_descriptors(void); /* how many this process has open */
void traces_sleep_ms(unsigned ms);

#endif
