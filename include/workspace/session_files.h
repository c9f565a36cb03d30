/* SPDX-License-Identifier: MIT */
/* session_files.h - an agent's session, from its files to an archive and back
 * (request/session_archive.h).
 *
 * The agent's own folder is a place that nobody vouches for.  No link is followed below
 * it, no file with a second name is taken, and with an agent of another user it is only
 * taken what is that user's, and what is made becomes that user's.  Nothing is
 * overwritten: a file that is there already, and is not just the same, refuses the whole
 * session before anything is written, and what was written is taken back when a later
 * file fails.
 *
 * These calls block, for as long as LIMIT_ARCHIVE_BYTES take: not on the loop.  */
#ifndef WORKSPACE_SESSION_FILES_H
#define WORKSPACE_SESSION_FILES_H

#include "base/buf.h"
#include "base/fault.h"
#include "io/files.h"
#include "request/session_store.h"

struct session_place { /* all lent */
  const struct session_store *store;
  const char *root;      /* the agent's own folder, absolute */
  struct span workspace; /* where it works */
  struct span id;        /* of the session; of what is brought: as its archive says */
  const struct files_owner *owner; /* the agent's user; NULL: ours */
};

/* The archive.  FAULT_UNKNOWN: there is no such session. */
int session_files_collect(const struct session_place *place, struct buf *archive,
                          struct fault *f);
/* The same of what an agent's own command has written into that file of `root`. */
int session_files_wrap(const struct session_place *place, const char *name,
                       struct buf *archive, struct fault *f);
/* FAULT_CONFLICT: it is there already, and another. */
int session_files_bring(const struct session_place *place, struct span archive,
                        struct fault *f);

#endif
