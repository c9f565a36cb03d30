/* SPDX-License-Identifier: MIT */
/* json.h - reading JSON; the only door to cJSON.
 *
 * A `struct json` is one parsed document.  It owns one arena and BORROWS its text, which
 * must stay unchanged until json_free().  A `json_at` is a borrowed cursor into it, valid
 * until json_free(); NULL means absent, and every function takes NULL.
 *
 * What is refused though cJSON lets it by: NUL bytes and raw control bytes in strings,
 * bad \u escapes, numbers outside the grammar (01, 1., +1), text after the value, a
 * nesting above LIMIT_JSON_DEPTH.  What is taken though cJSON refuses it: an unpaired
 * \ud83d, which agents written in JavaScript print when they cut a string; it is kept as
 * its three WTF-8 bytes and the writer (json_write.h) gives it back as the same escape.
 * A byte order mark is skipped. Invalid UTF-8 is the caller's to repair first (lines.h
 * does; utf8.h).
 *
 * What passes through us is never re-printed: json_raw() gives the sender's own bytes.
 * Two kinds of value are therefore left out of the tree and kept as slices of the text:
 *   - members whose name stands in `rules->raw` ("input", "arguments", …), whatever their
 *     type: json_raw() works, json_kind() tells what it is, json_get() finds nothing
 * inside;
 *   - strings longer than LIMIT_JSON_LONG_BYTES: json_text() unescapes them when asked.
 * So a 64 MiB line whose bulk is one string or one raw member costs no tree.  More tree
 * than LIMIT_JSON_TREE_BYTES of text is FAULT_TOO_BIG.
 *
 * Duplicate keys: refused with `unique_keys` (requests), else the last one wins, as in
 * JavaScript (agents).  Keys compare case-sensitively.  */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/utf8.h"

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

struct json_rules {
  const char *const *raw; /* NULL-ended names; NULL: none */
  bool unique_keys;
};

struct json;
typedef const struct json_node *json_at;

/* NULL and a FAULT_BAD_INPUT (with the byte offset) or FAULT_TOO_BIG.  rules NULL: none.
 */
struct json *json_parse(struct span text, const struct json_rules *rules,
                        struct fault *f);
void json_free(struct json *doc); /* NULL is fine */
json_at json_root(const struct json *doc);

enum json_kind json_kind(json_at v);
json_at json_get(json_at object, const char *key);
json_at json_item(json_at array, size_t index); /* O(index) */
json_at json_first(json_at array_or_object); /* walking: for (v = first; v; v = next) */
json_at json_next(json_at member);
struct span json_key(json_at member);
size_t json_count(json_at array_or_object);
/* The text of a string, unescaped; `otherwise` when v is not a string.  Lives in the
 * document. */
struct span json_text(struct json *doc, json_at v, struct span otherwise);
double json_number(json_at v, double otherwise);
/* An exact integer in 0..highest, else false. */
bool json_whole(json_at v, unsigned long long highest, unsigned long long *value);
/* The sender's bytes of a value kept raw; of any other kind: empty.  */
struct span json_raw(json_at v);

/* Beside the tree: the raw bytes of the value at a dotted path of member names
 * ("params.arguments"), found by scanning.  The text must be valid (parsed before).
 * Empty: not there.  The last duplicate wins. */
struct span json_slice(struct span text, const char *path);
enum json_kind json_slice_kind(struct span value); /* by its first byte */
/* Unescapes a raw JSON string (with its quotes) onto `out`. */
void json_unescape(struct span raw_string, struct buf *out);

#endif
