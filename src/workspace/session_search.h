/* SPDX-License-Identifier: MIT */
/* session_search.h - the files of a session that are there, by the patterns of its store.
 *
 * No link is followed, and at most LIMIT_ARCHIVE_LOOKS names are looked at.  Blocks.  */
#ifndef WORKSPACE_SESSION_SEARCH_H
#define WORKSPACE_SESSION_SEARCH_H

#include "base/buf.h"
#include "base/strv.h"
#include "request/session_store.h"

/* The folder of the workspace ({w}): as the agent calls it, or would.  False: it is not
 * there (SESSION_MARKED: none has its mark). */
bool session_search_folder(int root, const struct session_store *store,
                           struct span workspace, struct buf *folder);
/* Paths of plain files below `root`, in order; in another folder if the session is not in
 * `folder`, which becomes that one. */
void session_search(int root, const struct session_store *store, struct span id,
                    struct buf *folder, struct strv *out);

#endif
