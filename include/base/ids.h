/* SPDX-License-Identifier: MIT */
/* ids.h - names that nobody guesses, and names that nobody has yet.  */
#ifndef BASE_IDS_H
#define BASE_IDS_H

#include "base/buf.h"
#include "base/fault.h"

/* `bytes` random bytes (at most 64) from getrandom(2), as lower-case hex, NUL-ended.
 * `out` holds 2 * bytes + 1. */
int ids_token(char *out, size_t bytes, struct fault *f);
/* A fresh id "<prefix>-<16 hex>". */
int ids_fresh(struct buf *out, const char *prefix, struct fault *f);
/* A random UUID (RFC 9562, version 4) with its four hyphens; `out` holds 37. */
int ids_uuid(char *out, struct fault *f);

#endif
