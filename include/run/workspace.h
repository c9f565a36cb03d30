/* SPDX-License-Identifier: MIT */
/* workspace.h - which folder a run works in.
 *
 * The workspace is one real folder: --workspace, or /workspace if serve can use it, else
 * the current folder; with --workspace-per-thread it is a folder below that, named by the
 * thread (path_segment_add) and made on first use.  A `local` source is used in place.
 * `root` in a request is only a name for that folder and never moves it.  */
#ifndef RUN_WORKSPACE_H
#define RUN_WORKSPACE_H

#include "base/buf.h"
#include "base/fault.h"
#include "request/run_request.h"

struct agent_user;

/* The base folder: `option` if given (an error if it cannot be used), else for serve
 * /workspace when it can be used, else the current folder.  `path` gets the absolute
 * path. */
int workspace_base(const char *option, bool serve, struct buf *path, struct fault *f);
/* The folder of one request; FAULT_BAD_INPUT names the field when a local source cannot
 * be used.  `agent`: who must be able to write a local source, and whose a new folder of
 * a thread becomes; NULL: we ourselves. */
int workspace_choose(const char *base, bool per_thread, const struct agent_user *agent,
                     const struct run_request *req, struct buf *path, struct fault *f);

#endif
