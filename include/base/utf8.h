/* SPDX-License-Identifier: MIT */
/* utf8.h - is it UTF-8, and what to do when it is not.
 *
 * Agents cut strings and print binary files; what leaves us is UTF-8.  Repair comes
 * first, before any parsing.  */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

/* True when the bytes are valid UTF-8 (surrogates, overlongs and > U+10FFFF are not). */
bool utf8_valid(struct span s);
/* How many leading bytes of `s` are valid UTF-8. */
size_t utf8_valid_length(struct span s);
/* Appends `s` with every invalid sequence as U+FFFD (the WHATWG rule: maximal subparts);
 * returns how many were replaced. */
size_t utf8_repair(struct span s, struct buf *out);
/* Is the character at the front of `s` one that shows nothing, or changes how others are
 * shown: controls (C0, DEL, C1), marks and overrides of the writing direction, characters
 * of no width, separators of lines, tags, and halves of surrogate pairs?  A newline and a
 * tab are. */
bool utf8_is_hostile(struct span s);
/* How many bytes it has; 0 of nothing, 1 of what is no UTF-8. */
size_t utf8_length(struct span s);
/* The first characters of valid UTF-8, so many at most. */
struct span utf8_first(struct span text, size_t chars);

#endif
