/* SPDX-License-Identifier: MIT */
/* beneath.h - files below a folder whose content nobody vouches for.
 *
 * A repository may hold links that point anywhere.  Each part of a path is opened below
 * the part before it, and none of them may be a link; so neither a link nor an exchange
 * in between leads outside.  ".." is refused, "." and empty parts are skipped, and so a
 * leading slash is.  Folders on the way are made, 0755.  A file is written beside its
 * place and put there by rename, so that a hard link's other name keeps its content; its
 * mode stays, a new one is 0644.  Errors are FAULT_BAD_INPUT where the path or what is
 * there is at fault, naming the path.  These calls block; they are short.  */
#ifndef WORKSPACE_BENEATH_H
#define WORKSPACE_BENEATH_H

#include "base/buf.h"
#include "base/fault.h"
#include "io/files.h"

/* Appends the file's content.  1: there is no such file. */
int beneath_read(const char *root, struct span path, struct buf *out, struct fault *f);
/* `owner` gets what is made; NULL: it stays ours. */
int beneath_write(const char *root, struct span path, struct span content,
                  const struct files_owner *owner, struct fault *f);
/* The folder is there; made if it was not. */
int beneath_folder(const char *root, struct span path, const struct files_owner *owner,
                   struct fault *f);
/* A symbolic link, where nothing of that name is.  1: something is, but not this link. */
int beneath_link(const char *root, struct span path, const char *target,
                 const struct files_owner *owner, struct fault *f);
/* Below a folder that is open.  A descriptor to read from, which need not be a plain
 * file's; what is not there is FAULT_SYSTEM, -ENOENT. */
int beneath_open(int root, struct span path, struct fault *f);
/* A file that is not there yet, 0600; else FAULT_SYSTEM, -EEXIST. */
int beneath_create(int root, struct span path, struct span content,
                   const struct files_owner *owner, struct fault *f);
void beneath_remove(int root, struct span path); /* the file; if it can be */

#endif
