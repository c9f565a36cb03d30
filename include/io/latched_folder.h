/* SPDX-License-Identifier: MIT */
/* latched_folder.h - a folder that others can write too, known by more than its path.
 *
 * It is opened once, without following a link at the end of its path, and all that is
 * done in it goes by that descriptor.  Whoever can write the folder above may put another
 * in its place; latched_folder_check() says so: path and descriptor must still be one
 * directory by device, inode and time of birth (where the system reports one).
 *
 * Its files are plain ones, found without following links.  The calls block; they are
 * short.  */
#ifndef IO_LATCHED_FOLDER_H
#define IO_LATCHED_FOLDER_H

#include "base/buf.h"
#include "base/fault.h"

struct latched_folder {
  int fd; /* -1: not open */
  struct buf path;
  unsigned long long device, inode;
  long long born_s, born_ns; /* 0: not reported */
};

/* Makes it if it is not there (the folders above must be).  FAULT_FORBIDDEN: it is a
 * link. */
int latched_folder_open(struct latched_folder *l, const char *path, struct fault *f);
void latched_folder_close(struct latched_folder *l); /* any number of times */
/* Writes, and removes, a file of that name, which must not be there: the folder takes
 * files, and its time of birth is not its time of change under another name. */
int latched_folder_probe(const struct latched_folder *l, const char *name,
                         struct fault *f);
/* -1: it is not what was opened, or that cannot be told any more. */
int latched_folder_check(const struct latched_folder *l, struct fault *f);

/* The whole file onto `out`; `found` false: there is none. */
int latched_folder_read(const struct latched_folder *l, const char *name, size_t ceiling,
                        struct buf *out, bool *found, struct fault *f);
/* By way of "<name>.tmp": who looks sees the whole file or none. */
int latched_folder_write(const struct latched_folder *l, const char *name,
                         struct span text, struct fault *f);
bool latched_folder_has(const struct latched_folder *l, const char *name);
void latched_folder_remove(const struct latched_folder *l, const char *name);
/* `each` comes once for each name but "." and "..", in no order. */
int latched_folder_each(const struct latched_folder *l,
                        void (*each)(void *who, const char *name), void *who,
                        struct fault *f);

#endif
