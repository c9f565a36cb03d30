/* SPDX-License-Identifier: MIT */
/* json.h - reading JSON, in one pass that copies nothing.
 *
 * A `struct json` is one parsed document.  It owns one arena and BORROWS its text, which
 * must stay unchanged until json_free().  A `json_at` is a borrowed cursor into it, valid
 * until json_free(); NULL means absent, and every function takes NULL.
 *
 * The whole grammar is checked before anything is told: NUL bytes and raw control bytes
 * in strings, bad \u escapes, numbers outside the grammar (01, 1., +1), text after the
 * value and a nesting above LIMIT_JSON_DEPTH are refused, and so is a \u0000 in a
 * member's name.  An unpaired \ud83d, which agents written in JavaScript print when they
 * cut a string, is kept as its three WTF-8 bytes and the writer (json_write.h) gives it
 * back as the same escape.  A byte order mark is skipped.  Invalid UTF-8 is the caller's
 * to repair first (lines.h does; utf8.h).
 *
 * A value is a slice of the text, whatever it is: a string is unescaped when it is asked
 * for, once, and a number becomes a double then.  What passes through us is never
 * re-printed: of members whose name stands in `rules->raw` ("input", "arguments", ...)
 * json_raw() gives the sender's own bytes, and json_kind(), json_text() and json_number()
 * work; json_get() and json_first() find nothing inside, and its inside is checked for
 * grammar and depth only.
 *
 * Each value outside of raw members costs one node.  More text than LIMIT_JSON_TREE_BYTES
 * beside raw members, strings longer than LIMIT_JSON_LONG_BYTES and numbers that no
 * double holds, or more nodes than LIMIT_JSON_VALUES, is FAULT_TOO_BIG; so a 64 MiB line
 * whose bulk is one string or one raw member is none.
 *
 * Duplicate keys: refused with `unique_keys` (requests), else the last one wins, as in
 * JavaScript (agents).  Keys compare case-sensitively.  */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json_slice.h"
#include "base/utf8.h"

struct json_rules {
  const char *const *raw; /* NULL-ended names; NULL: none */
  bool unique_keys;
  bool secret; /* json_free() wipes the tree and the texts handed out */
};

struct json;
typedef const struct json_node *json_at;

/* NULL and a FAULT_BAD_INPUT ("<why> at byte <n>") or FAULT_TOO_BIG. rules NULL: none. */
struct json *json_parse(struct span text, const struct json_rules *rules,
                        struct fault *f);
void json_free(struct json *doc); /* NULL is fine */
json_at json_root(const struct json *doc);

enum json_kind json_kind(json_at v);
json_at json_find(json_at object, struct span name);
json_at json_item(json_at array, size_t index); /* O(index) */
json_at json_first(json_at array_or_object); /* walking: for (v = first; v; v = next) */
json_at json_next(json_at member);
struct span json_key(json_at member);
size_t json_count(json_at array_or_object);
/* The text of a string, unescaped; `otherwise` when v is not a string.  It may hold NUL
 * bytes.  Valid until json_free(). */
struct span json_text(const struct json *doc, json_at v, struct span otherwise);
/* The text of a member; "" when it is absent or no string. */
struct span json_text_of(const struct json *doc, json_at object, struct span name);
/* `otherwise` when v is not a number or too large for a double. */
double json_number(json_at v, double otherwise);
/* An exact integer in 0..highest, else false.  Exact up to 2^64-1 when it is written with
 * digits only; "1.0" and "1e3" count as the integers they are, up to 15 characters. */
bool json_whole(json_at v, unsigned long long highest, unsigned long long *value);
/* The sender's bytes of a value kept raw; of any other kind: empty.  */
struct span json_raw(json_at v);

/* The two for names that are written down here and there: measured when compiled. */
SPAN_IN_LINE json_at json_get(json_at object, const char *key)
{
  return json_find(object, span_of(key));
}

SPAN_IN_LINE struct span json_member_text(const struct json *doc, json_at object,
                                          const char *name)
{
  return json_text_of(doc, object, span_of(name));
}

#endif
