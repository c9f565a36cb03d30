/* SPDX-License-Identifier: MIT */
/* percent.h - percent-encoded text of URLs (RFC 3986, 2.1), decoded.  Pure. */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include "base/buf.h"

/* Appends the text decoded.  A '%' without two hex digits behind it stays as it is, and
 * then it is false. */
bool percent_decode(struct span text, struct buf *out);

#endif
