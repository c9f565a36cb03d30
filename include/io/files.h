/* SPDX-License-Identifier: MIT */
/* files.h - private folders and files, and finding programs.
 *
 * Private means: a folder 0700 and files 0600 of ours, made with O_EXCL and O_NOFOLLOW,
 * gone with files_remove_tree() on every path.  These calls block; they are short.  */
#ifndef IO_FILES_H
#define IO_FILES_H

#include "base/buf.h"
#include "base/fault.h"

#include <sys/types.h>

struct files_owner { /* another user, to whom a folder is given */
  unsigned uid, gid;
};

/* The state folder: made 0700 if it is not there; refused if it is a link, or another
 * user's, or open to others.  `passable`: 0711, for who knows a name in it. */
int files_open_state(const char *path, bool passable, struct fault *f);
/* A fresh folder "<state>/<prefix>-<random>", locked (flock) by us for our life; `path`
 * gets it. */
int files_make_private(const char *state, const char *prefix, struct buf *path,
                       int *lock_fd, struct fault *f);
int files_write_private(const char *folder, const char *name, struct span content,
                        struct fault *f);
/* To a descriptor that blocks.  0, or a negative errno. */
int files_write_all(int fd, struct span bytes);
/* A private folder and its files (but a lock) become another user's.  The last thing to
 * be done with them: from then on the user can put anything there. */
int files_give(const char *folder, struct files_owner owner, struct fault *f);
/* Removes the folder and all in it; what is not there is fine. */
void files_remove_tree(const char *path);
/* Removes private folders under `state` whose lock nobody holds (their runner was
 * killed). Returns how many. */
unsigned files_sweep_stale(const char *state, const char *prefix);
/* The same; `each` (NULL: none) sees a folder before it goes. */
unsigned files_sweep_stale_each(const char *state, const char *prefix,
                                void (*each)(void *who, const char *folder), void *who);
/* The absolute path of `program` by the given PATH (NULL:
 * "/usr/local/bin:/usr/bin:/bin"), or as it is when it has a slash. FAULT_UNKNOWN naming
 * the program. */
int files_find_program(const char *program, const char *path_variable, const char *cwd,
                       struct buf *found, struct fault *f);
/* As read(), and waits where that would not: stdin's mode is set by all who share it.
 * Negative errno. */
ssize_t files_read_some(int fd, char *to, size_t most);
/* Whole file, or stdin for "-"; FAULT_TOO_BIG above `ceiling`. */
int files_read(const char *path, size_t ceiling, struct buf *out, struct fault *f);
/* Exists, is a folder, and can be written. */
int files_check_folder(const char *path, struct fault *f);
/* 0755; that it exists already is fine. A new one becomes `owner`'s; NULL: stays ours. */
int files_make_folder(const char *path, const struct files_owner *owner, struct fault *f);
/* The same with all the folders above it. */
int files_make_path(const char *path, struct fault *f);
/* Absolute, without links. */
int files_real_path(const char *path, struct buf *real, struct fault *f);

#endif
