/* SPDX-License-Identifier: MIT */
/* json_skeleton.h - the text that cJSON gets to see; for json_scan.c and json.c only.
 *
 * It is the document's text with each value that json.h keeps as a slice replaced by the
 * string "\xff" (no such byte in UTF-8), and each escape of an unpaired surrogate by its
 * three WTF-8 bytes.  The n-th placeholder in document order is cuts[n].  Where nothing
 * had to be replaced the skeleton is the text itself.  */
#ifndef BASE_JSON_SKELETON_H
#define BASE_JSON_SKELETON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

struct json_cut {
  struct span raw; /* in the document's text */
  bool by_name;    /* its member's name is one of `raw_names` */
  bool text_known; /* `text` is set; json.c fills it when first asked */
  struct span text;
};

struct json_skeleton {
  struct span text;
  struct arena *arena;
  char *out; /* NULL until something was replaced */
  size_t out_len, out_capacity;
  const char *copied;    /* the text before this is in `out` */
  struct json_cut *cuts; /* in the arena */
  size_t cut_count, cut_capacity;
};

#define JSON_SKELETON_PLACEHOLDER '\xff'

struct json_skeleton json_skeleton_of(struct span text, struct arena *arena);
/* The text from `from` to `to` is replaced by `by`.  Pieces come in document order.
 * FAULT_TOO_BIG: the skeleton is longer than LIMIT_JSON_TREE_BYTES. */
int json_skeleton_replace(struct json_skeleton *k, const char *from, const char *to,
                          struct span by, struct fault *f);
/* The value from `from` to `to` becomes the next of the cuts. */
int json_skeleton_cut(struct json_skeleton *k, const char *from, const char *to,
                      bool by_name, struct fault *f);
/* The whole of it; borrows the text or lives in the arena. */
int json_skeleton_end(struct json_skeleton *k, struct span *whole, struct fault *f);

#endif
