/* SPDX-License-Identifier: MIT */
/* session_archive.h - the session of an agent as one archive that another runlet takes.
 *
 * A tar archive (base/ustar.h) whose first file is its head:
 *
 *   runlet-session.json  {"format":1,"harness","agentVersion","sessionId","workspace"}
 *
 * then come the session's files, in the order of their names.  The same session gives the
 * same bytes.  `harness` says whose session it is (session_store.h), `agentVersion` is
 * there where the files tell it, `workspace` is the folder in which the agent worked.
 *
 * Nothing of what is read is believed: a file is one of the store's, by name, and stands
 * there once; a newer format and another agent's session are refused.  */
#ifndef REQUEST_SESSION_ARCHIVE_H
#define REQUEST_SESSION_ARCHIVE_H

#include "base/fault.h"
#include "base/ustar.h"
#include "request/session_store.h"

enum { SESSION_FORMAT = 1 };
#define SESSION_ARCHIVED_FOLDER "workspace"    /* {w} in an archive */
#define SESSION_EXPORTED_FILE   "session.json" /* of a store that has scripts */

struct json;
struct session_archive {
  struct span session_id, workspace, version; /* of the head; in `doc` */
  struct json *doc;
  struct span files; /* what comes after the head */
};

/* The head; files (ustar_add()) and ustar_end() are the caller's. */
void session_archive_begin(const struct session_store *store,
                           const struct session_archive *head, struct buf *out);
/* FAULT_BAD_INPUT or FAULT_TOO_BIG; session_archive_free() in every case.  `bytes`
 * outlives it. */
int session_archive_read(struct span bytes, const struct session_store *store,
                         struct session_archive *a, struct fault *f);
void session_archive_free(struct session_archive *a);
/* The path at which a file that was read is to be. */
void session_archive_path(const struct session_store *store, struct span name,
                          struct span folder, struct buf *out);
/* A file's text with the workspace's path as it is now: in the member store->place of its
 * objects and of those in them, alone or in an array, where it is the path or leads on
 * from it.  All other bytes stay. */
void session_archive_move(const struct session_store *store, struct span text,
                          struct span from, struct span to, struct buf *out);
/* The text of the first member of that name; empty: there is none. */
struct span session_archive_find(struct span text, const char *member);

#endif
