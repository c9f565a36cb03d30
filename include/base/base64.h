/* SPDX-License-Identifier: MIT */
/* base64.h - bytes as base64 (RFC 4648, section 4) and back.  Pure.  */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* With padding, without line ends. */
void base64_encode(struct span bytes, struct buf *out);
/* How many characters base64_encode() adds. */
size_t base64_length(size_t bytes);
/* Whole groups of four with their padding and nothing between them, else false (then
 * `out` may have got a part).  `canonical`: the unused bits of the last digit must be 0,
 * so that only one text means these bytes. */
bool base64_decode(struct span text, bool canonical, struct buf *out);

#endif
