/* SPDX-License-Identifier: MIT */
/* json_scan.h - the pass over JSON text that goes before cJSON; for json.c only.
 *
 * It checks the whole grammar and makes the skeleton: the same text with each value that
 * json.h keeps as a slice replaced by the string "\xff" (no such byte in UTF-8), and each
 * escape of an unpaired surrogate by its three WTF-8 bytes.  The n-th placeholder in
 * document order is cuts[n].  Where nothing had to be replaced the skeleton is the text
 * itself.  */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

struct json_cut {
  struct span raw; /* in the document's text */
  bool by_name;    /* its member's name is one of `raw_names` */
  bool text_known; /* `text` is set; json.c fills it when first asked */
  struct span text;
};

struct json_scan {
  struct span skeleton;  /* borrows the text or lives in the arena */
  struct json_cut *cuts; /* in the arena */
  size_t cut_count;
};

#define JSON_SCAN_PLACEHOLDER '\xff'

/* `raw_names`: NULL-ended, may be NULL: the members that are kept raw. */
int json_scan_read(struct span text, const char *const *raw_names, struct arena *arena,
                   struct json_scan *scan, struct fault *f);

#endif
