/* SPDX-License-Identifier: MIT */
/* spill.h - bytes that are kept for later and do not fit into memory: one file in the
 * state folder, of a fixed most, in which the newest bytes overwrite the oldest.
 *
 * The file has no name: it is made private (0600, O_EXCL, O_NOFOLLOW) and unlinked at
 * once, so that on every path, also when we are killed, nothing is left of it.  These
 * calls block for as long as the page cache takes; a failure (a full disk) loses only
 * what was to be written.  */
#ifndef IO_SPILL_H
#define IO_SPILL_H

#include "base/buf.h"
#include "base/fault.h"

struct spill;

struct spill *spill_open(const char *folder, unsigned long long most, struct fault *f);
void spill_close(struct spill *s); /* NULL is fine */
/* Places below this are overwritten once `len` more bytes are added. */
unsigned long long spill_lost_by(const struct spill *s, size_t len);
/* FAULT_TOO_BIG: more than the file may ever hold. */
int spill_add(struct spill *s, struct span bytes, unsigned long long *place,
              struct fault *f);
int spill_read(const struct spill *s, unsigned long long place, size_t len, char *to,
               struct fault *f);
/* Bytes of the file. */
unsigned long long spill_size(const struct spill *s);

#endif
