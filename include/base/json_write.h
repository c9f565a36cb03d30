/* SPDX-License-Identifier: MIT */
/* json_write.h - writing JSON straight into a buf: no tree, integers printed by us.
 *
 * The writer keeps the commas and the nesting; misuse (a key in an array, an unbalanced
 * end) asserts.  `key` NULL: an element of an array, or the document itself.  Text is
 * escaped as JSON.stringify does it: ", \ and control bytes; everything else is written
 * as it is, except WTF-8 surrogates, which become \udXXX again.  Text must be UTF-8 or
 * WTF-8.  */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include "base/buf.h"

struct json_writer {
  struct buf *out;
  unsigned depth;            /* at most 60 */
  unsigned long long comma;  /* one bit a level: something stands there already */
  unsigned long long object; /* one bit a level: an object, not an array */
};

struct json_writer json_write_to(struct buf *out);
/* Each with a key that was measured; without an address: none. */
void json_begin(struct json_writer *w, struct span key, char bracket);
void json_add_text(struct json_writer *w, struct span key, struct span text);
void json_add_int(struct json_writer *w, struct span key, long long n);
void json_add_raw(struct json_writer *w, struct span key, struct span json);
void json_close(struct json_writer *w, char bracket); /* '}' or ']' */

SPAN_IN_LINE void json_open(struct json_writer *w, const char *key, char bracket)
{
  json_begin(w, span_of(key), bracket); /* '{' or '[' */
}

SPAN_IN_LINE void json_put_text(struct json_writer *w, const char *key, struct span text)
{
  json_add_text(w, span_of(key), text);
}

SPAN_IN_LINE void json_put_int(struct json_writer *w, const char *key, long long n)
{
  json_add_int(w, span_of(key), n);
}

/* Bytes that are JSON already, copied as they are; an empty span becomes null. */
SPAN_IN_LINE void json_put_raw(struct json_writer *w, const char *key, struct span json)
{
  json_add_raw(w, span_of(key), json);
}

void json_put_bool(struct json_writer *w, const char *key, bool b);
void json_put_null(struct json_writer *w, const char *key);
/* Only the escaping, with the quotes. */
void json_escape(struct buf *out, struct span text);
/* How many bytes json_escape() would add, quotes included. */
size_t json_escaped_length(struct span text);

#endif
