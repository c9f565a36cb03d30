/* SPDX-License-Identifier: MIT */
/* json_slice.h - JSON text without a tree: finding a value's own bytes, unescaping.
 *
 * The texts must have been checked before (json_parse); on others the answers mean
 * nothing, but nothing is read outside of them.  */
#ifndef BASE_JSON_SLICE_H
#define BASE_JSON_SLICE_H

#include "base/buf.h"

enum json_kind {
  JSON_ABSENT,
  JSON_NULL,
  JSON_FALSE,
  JSON_TRUE,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT
};

/* The raw bytes of the value at a dotted path of member names ("params.arguments").
 * Empty: not there.  The last duplicate wins. */
struct span json_slice(struct span text, const char *path);
/* The same for one name, which may hold dots; `object` without a byte order mark. */
struct span json_slice_member(struct span object, struct span name);
enum json_kind json_slice_kind(struct span value); /* by its first byte */
/* The same JSON but for blanks and escapes?  Agents spell one call in two ways, here and
 * there. */
bool json_slice_same(struct span a, struct span b);
/* Is this raw JSON string (with its quotes, maybe with escapes) that text? */
bool json_slice_says(struct span raw_string, struct span text);

struct json_walk {   /* through the members of an object, the elements of an array */
  struct span key;   /* raw, with its quotes; empty in an array */
  struct span value; /* raw */
  struct span rest;
  bool object;
};
/* Of a value that is neither there is nothing to walk through. */
struct json_walk json_slice_walk(struct span container);
bool json_slice_next(struct json_walk *w); /* false: that was all */
/* The object onto `out`, without the member of that name. */
void json_slice_without(struct span object, struct span name, struct buf *out);
/* Unescapes a raw JSON string (with its quotes) onto `out`.  An unpaired surrogate
 * becomes its three WTF-8 bytes. */
void json_unescape(struct span raw_string, struct buf *out);
/* The same into `out`, which has room for raw_string.len bytes; returns how many. */
size_t json_unescape_into(struct span raw_string, char *out);
/* How many leading bytes hold no quote, no backslash and no control byte. */
size_t json_plain_length(struct span s);

#endif
