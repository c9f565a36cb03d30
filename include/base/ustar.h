/* SPDX-License-Identifier: MIT */
/* ustar.h - archives of plain files, as POSIX has them (ustar, IEEE 1003.1), and `tar`
 * reads them.  Pure.
 *
 * What is written depends on names and contents alone: mode 0600, no owner, no time.
 * Read is what was written: plain files with a right checksum, and two blocks of zeros at
 * the end.  Folders, links, devices and the extensions of others are refused by name, and
 * so is what is cut off.  What a name may be says its reader's caller.  */
#ifndef BASE_USTAR_H
#define BASE_USTAR_H

#include "base/buf.h"
#include "base/fault.h"

struct ustar_file {
  struct span name; /* of ustar_next(): in `text` */
  struct span content;
  char text[256 + 1];
};

/* At most 255 bytes, and a '/' where it has to be in two parts (100 behind it); else
 * false, and nothing is added. */
bool ustar_add(struct buf *out, struct span name, struct span content);
void ustar_end(struct buf *out);
/* `rest` begins as the whole archive.  1: a file; 0: the end; -1: FAULT_BAD_INPUT. */
int ustar_next(struct span *rest, struct ustar_file *file, struct fault *f);

#endif
