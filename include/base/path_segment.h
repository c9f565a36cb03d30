/* SPDX-License-Identifier: MIT */
/* path_segment.h - one segment of a path for any id, which may hold any bytes.  Pure.  */
#ifndef BASE_PATH_SEGMENT_H
#define BASE_PATH_SEGMENT_H

#include "base/buf.h"

/* [A-Za-z0-9.-] stay (a leading '.' does not), every other byte is _hh; above 200
 * characters it is cut and ends in '-' and 16 hex digits of a hash of the whole. */
void path_segment_add(struct buf *out, struct span id);

#endif
