/* SPDX-License-Identifier: MIT */
/* buf.h - bytes: borrowed (`struct span`) and owned (`struct buf`).
 *
 * A span never owns; it is not stored past the call unless the owner is named beside the
 * field.  A buf owns, has a ceiling fixed when it is made, and is NUL-terminated one past
 * `len` as soon as it holds anything.  Passing the ceiling marks the buf `overflowed` and
 * drops that append whole; memory exhaustion aborts.  So appends do not return errors:
 * check `overflowed` once, where the bytes are used.  */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/budget.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
  const char *at; /* may be NULL when len is 0 */
  size_t len;
};

struct buf {
  char *at;
  size_t len, capacity, ceiling;
  bool overflowed;
  struct budget *budget; /* NULL: none */
};

struct buf buf_make(size_t ceiling); /* allocates nothing yet */
/* From now on its memory is charged to this budget (base/budget.h), also after it was
 * freed or taken; NULL: to none. */
void buf_charge(struct buf *b, struct budget *budget);
/* As buf_make(), charged to the budget that was entered: for what a harness keeps. */
struct buf buf_make_kept(size_t ceiling);
void buf_free(struct buf *b);  /* safe on a zeroed buf; leaves it empty, same ceiling */
void buf_wipe(struct buf *b);  /* buf_free for secrets: zeroes the memory first */
void buf_clear(struct buf *b); /* keeps the memory; forgets `overflowed` */
void buf_add(struct buf *b, struct span s);
void buf_add_char(struct buf *b, char c);
void buf_add_text(struct buf *b, const char *cstring);
void buf_add_number(struct buf *b, long long n); /* decimal */
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Where the caller may write `n` more bytes; how many it wrote it tells buf_grew(), which
 * sets the NUL behind them.  NULL and `overflowed` when the ceiling forbids it. */
char *buf_reserve(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n); /* n of the reserved bytes are written */
/* Appends, and drops from the front what the ceiling has no room for: the last bytes
 * stay. */
void buf_add_tail(struct buf *b, struct span s);
void buf_drop_front(struct buf *b, size_t n);
struct span buf_span(const struct buf *b);
struct buf buf_take(struct buf *b); /* moves ownership out, empties *b */
/* NUL-ended, "" when empty; valid until the next change */
const char *buf_cstring(struct buf *b);

#define SPAN_LITERAL(s) ((struct span){(s), sizeof(s) - 1})
/* The two arguments of a "%.*s"; for spans whose length is known to fit an int. */
#define SPAN_ARG(s) (int)(s).len, (s).at
bool span_equal(struct span a, struct span b);
/* In line always, so that the length of a text that is written down there is known when
 * it is compiled. */
#define SPAN_IN_LINE static inline __attribute__((always_inline))
SPAN_IN_LINE struct span span_of(const char *cstring) /* NULL: the empty span */
{
  return (struct span){cstring, cstring ? strlen(cstring) : 0};
}

SPAN_IN_LINE bool span_is(struct span s, const char *cstring)
{
  return span_equal(s, span_of(cstring));
}
/* FNV-1a, as it stands in books, of a text or of one that comes in pieces (`h` of those
 * before); and stirred, never 0.  The same everywhere and for ever, and anybody can make
 * two texts of one hash: for what decides nothing that matters.  Else base/keyed_hash.h,
 * base/sha256.h. */
uint64_t span_fnv1a(struct span s);
uint64_t span_fnv1a_on(uint64_t h, struct span s);
uint64_t span_hash(struct span s);
bool span_is_nocase(struct span s, const char *cstring); /* ASCII only */
bool span_begins(struct span s, struct span prefix);
SPAN_IN_LINE bool span_starts(struct span s, const char *prefix)
{
  return span_begins(s, span_of(prefix));
}
struct span span_after(struct span s, size_t n); /* without its first n bytes */
struct span span_trim(struct span s);            /* ASCII white space at both ends */
char *span_copy(struct span s);                  /* malloc'd, NUL-ended */
/* Whole text, decimal, no sign, no blanks, lowest <= value <= highest; else false. */
bool span_to_number(struct span s, unsigned long long lowest, unsigned long long highest,
                    unsigned long long *value);
/* The longest prefix of at most `most` bytes that does not end inside a UTF-8
 * sequence. */
struct span span_cut_utf8(struct span s, size_t most);

#endif
