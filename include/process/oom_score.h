/* SPDX-License-Identifier: MIT */
/* oom_score.h - who is killed when memory is short: the agent rather than us.
 *
 * At the start we lower our own /proc/self/oom_score_adj (the keepers inherit that), and
 * whatever we start for others gets the value back that we had. Lowering needs
 * CAP_SYS_RESOURCE; where it is not allowed, or there is no /proc, nothing happens at
 * all. */
#ifndef PROCESS_OOM_SCORE_H
#define PROCESS_OOM_SCORE_H

#include <stddef.h>

/* Once, at the start of the process. */
void oom_score_lower(void);
/* What we had before, as text for oom_score_set(); "": it was not lowered. */
const char *oom_score_usual(void);
/* `pid` 0: this process.  Only system calls when it is 0: between vfork and exec too. */
void oom_score_set(int pid, const char *value); /* "": nothing */

#endif
