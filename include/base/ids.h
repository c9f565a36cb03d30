/* SPDX-License-Identifier: MIT */
/* ids.h - names: unguessable ones, fresh ones, and those that are safe in a path.  */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include "base/buf.h"
#include "base/fault.h"

/* `bytes` random bytes (at most 64) from getrandom(2), as lower-case hex, NUL-ended.
 * `out` holds 2 * bytes + 1. */
int ids_token(char *out, size_t bytes, struct fault *f);
/* A fresh id "<prefix>-<16 hex>". */
int ids_fresh(struct buf *out, const char *prefix, struct fault *f);
/* One path segment for any id: [A-Za-z0-9.-] stay (a leading '.' does not), every other
 * byte is _hh; above 200 characters it is cut and ends in '-' and 16 hex digits of a
 * hash of the whole. */
void ids_path_segment(struct span id, struct buf *out);

#endif
