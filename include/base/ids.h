/* SPDX-License-Identifier: MIT */
/* ids.h - names, randomness, time: what must be unguessable, unique or reproducible.  */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include "base/buf.h"
#include "base/fault.h"

/* `bytes` random bytes (at most 64) from getrandom(2), as lower-case hex, NUL-ended.
 * `out` holds 2 * bytes + 1. */
int ids_token(char *out, size_t bytes, struct fault *f);
/* A fresh id "<prefix>-<16 hex>". */
int ids_fresh(struct buf *out, const char *prefix, struct fault *f);
/* Equal, in time that depends on the lengths only. */
bool ids_equal_constant_time(struct span a, struct span b);
/* An Authorization header's value is "Bearer <token>": the scheme in any case, the token
 * in constant time. */
bool ids_is_bearer(struct span authorization, struct span token);
/* One path segment for any id: [A-Za-z0-9.-] stay (a leading '.' does not), every other
 * byte is _hh; above 200 characters it is cut and ends in '-' and 16 hex digits of a
 * hash of the whole. */
void ids_path_segment(struct span id, struct buf *out);

/* The wall clock, epoch milliseconds, for timestamps; tests replace it. */
long long ids_now_ms(void);
/* The monotonic clock, for durations and deadlines. */
unsigned long long ids_ticks_ms(void);
void ids_freeze_now(
    long long ms); /* tests and translate: every timestamp is `ms`; -1: thaw */

#endif
