/* SPDX-License-Identifier: MIT */
/* clock.h - what time it is, and how long something took.
 *
 * Two clocks: the wall clock, which jumps when somebody sets it, for timestamps that are
 * shown; and the monotonic one for durations and deadlines.  Only the first can be
 * frozen.  */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/buf.h"

/* The wall clock, epoch milliseconds. */
long long clock_now_ms(void);
/* Appends such a time as JavaScript's toISOString() has it: "2026-11-21T06:53:55.123Z". */
void clock_put(long long ms, struct buf *out);
/* The monotonic clock; its zero means nothing. */
unsigned long long clock_ticks_ms(void);
/* For tests and translate: from now on every timestamp is `ms`; -1: thaw. */
void clock_freeze(long long ms);

#endif
