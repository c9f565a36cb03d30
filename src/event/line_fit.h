/* SPDX-License-Identifier: MIT */
/* line_fit.h - how much of a text fits into one line of JSON.  */
#ifndef EVENT_LINE_FIT_H
#define EVENT_LINE_FIT_H

#include "base/buf.h"

/* As much of `text` as fits, escaped, into a line of line_bytes of which `beside` are
 * taken: all of it, or its front up to a character border.  There are always at least 64
 * bytes for it, so that a long id never stops the text. */
struct span line_fit(struct span text, size_t line_bytes, size_t beside);

#endif
