/* SPDX-License-Identifier: MIT */
/* path_segment.h - one segment of a path for any id, which may hold any bytes.  Pure.  */
#ifndef BASE_PATH_SEGMENT_H
#define BASE_PATH_SEGMENT_H

#include "base/buf.h"

/* [A-Za-z0-9.-] stay (a leading '.' does not), every other byte is _hh; above 200
 * characters it is cut and ends in "_-", which no shorter one can hold, and 32 hex digits
 * of the whole's SHA-256.  So no two ids have one segment. */
void path_segment_add(struct buf *out, struct span id);

#endif
