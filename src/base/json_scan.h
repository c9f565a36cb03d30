/* SPDX-License-Identifier: MIT */
/* json_scan.h - the one pass over JSON text: it checks the whole grammar and finds every
 * value; for json.c only.
 *
 * A node borrows the text for all but a name with escapes, and costs LIMIT_JSON_VALUES's
 * 64 bytes, whatever the length of its value.  What stands inside of a member that is
 * kept raw is checked and has no nodes.  */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/json_slice.h"

/* Characters of a number that fit a double, whatever they are. */
#define JSON_NUMBER_EXACT 15

struct json_node {
  struct json_node *next;
  union {
    struct json_node *child; /* of an array or object: the first; NULL: none */
    const struct span *text; /* of a string with escapes: once it was asked for */
  };
  struct span key;   /* unescaped; in an array: empty */
  struct span value; /* its own bytes, a string's with its quotes */
  enum json_kind kind;
  bool raw;     /* its name is one of `raw_names` */
  bool escaped; /* a string: it may hold escapes */
};

/* The root, in the arena like all below it; NULL and the fault of json_parse().
 * `raw_names`: NULL-ended, may be NULL. */
struct json_node *json_scan_read(struct span text, const char *const *raw_names,
                                 struct arena *arena, struct fault *f);

#endif
