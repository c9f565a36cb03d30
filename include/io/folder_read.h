/* SPDX-License-Identifier: MIT */
/* folder_read.h - folders below one that is open, read in steps, and looks at single
 * names.  No link is followed on any part of a path.  These calls block; they are
 * short.  */
#ifndef IO_FOLDER_READ_H
#define IO_FOLDER_READ_H

#include <stdbool.h>
#include <stdint.h>

enum folder_kind { FOLDER_NOTHING, FOLDER_FILE, FOLDER_FOLDER };

struct folder_look {
  enum folder_kind kind; /* links, sockets and the like are nothing */
  /* Changes with a file's time, size or identity; a folder's is its identity.  Never
   * 0. */
  uint64_t stamp;
  bool after; /* it was changed after folder_now() said `since` */
};

/* The earliest time by which a file system stamps what is done from now on.  Linux 6.13
 * and newer stamp some files more finely: what was done in the tick before (4 ms) may
 * count as done after. */
long long folder_now(void);
/* `path`: "/a/b", "" is the root itself.  A descriptor to read from, or -1. */
int folder_open(int root_fd, const char *path);
/* `name` NULL: the open folder itself. */
struct folder_look folder_look(int folder_fd, const char *name, long long since);

struct folder_read;
struct folder_read *folder_read_open(int folder_fd); /* takes it; NULL: it cannot be */
const char *folder_read_next(struct folder_read *r); /* NULL: that was the last */
void folder_read_close(struct folder_read *r);       /* NULL is fine */

#endif
