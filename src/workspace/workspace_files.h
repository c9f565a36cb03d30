/* SPDX-License-Identifier: MIT */
/* workspace_files.h - the files that a request wants in its workspace, and its notes.
 *
 *   AGENTS.md, CLAUDE.md,   what is there gets the marked block (notes.h), or loses it;
 *   GEMINI.md               what is no plain file is passed over, a link is somebody's
 *                           own wish; if AGENTS.md is not there it is made, and of the
 *                           others a link to it
 *   all other files         are written as they are sent
 *
 * A file skill of one of these three names is part of the block: that of AGENTS.md in all
 * of them, the others' in their own.  Paths may begin with the request's root.  No link
 * is followed (beneath.h).  */
#ifndef WORKSPACE_WORKSPACE_FILES_H
#define WORKSPACE_WORKSPACE_FILES_H

#include "base/fault.h"
#include "io/files.h"
#include "request/run_request.h"

/* `path` without the name that the request gives the workspace. */
struct span workspace_files_inside(const struct run_request *req, struct span path);
/* FAULT_BAD_INPUT: a path, or what is there, is at fault; notes that no file could take
 * among that.  `owner` as for beneath_write(). */
int workspace_files_write(const struct run_request *req, const char *folder,
                          const struct files_owner *owner, struct fault *f);

#endif
