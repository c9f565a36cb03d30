/* SPDX-License-Identifier: MIT */
/* json_scan.h - the pass over JSON text that goes before cJSON; for json.c only.
 *
 * It checks the whole grammar and makes the skeleton (json_skeleton.h), from which each
 * value is cut that json.h keeps as a slice.  */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "json_skeleton.h"

struct json_scan {
  struct span skeleton;  /* borrows the text or lives in the arena */
  struct json_cut *cuts; /* in the arena */
  size_t cut_count;
};

/* `raw_names`: NULL-ended, may be NULL: the members that are kept raw. */
int json_scan_read(struct span text, const char *const *raw_names, struct arena *arena,
                   struct json_scan *scan, struct fault *f);

#endif
