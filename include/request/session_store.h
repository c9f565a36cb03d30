/* SPDX-License-Identifier: MIT */
/* session_store.h - where an agent keeps the files of a session, and which of them are
 * the session.
 *
 * A pattern is a path below the agent's own folder:
 *
 *   {i}  the session's id             {s}  its first eight characters
 *   {w}  the folder of the workspace  *    letters, digits and ._-, no dot in front
 *   #    digits
 *
 * What no pattern names is not the session's: settings, credentials, other sessions.  In
 * an archive (session_archive.h) a file has its path here, with the word "workspace" as
 * {w}.  */
#ifndef REQUEST_SESSION_STORE_H
#define REQUEST_SESSION_STORE_H

#include "base/buf.h"

enum session_folder { /* how the folder of a workspace is called */
                      SESSION_NO_FOLDER,
                      SESSION_DASHES,  /* its path, [A-Za-z0-9], else '-' */
                      SESSION_PERCENT, /* its path, percent-encoded */
                      SESSION_MARKED   /* anything; ".project_root" in it has the path */
};

struct session_store {
  const char *id; /* in archives: whose session it is */
  /* Its folder: what the variable says (NULL: none does), else `root` below HOME.
   * `another_home`: the variable says another HOME. */
  const char *variable, *root;
  bool another_home;
  const char *const *paths;   /* NULL-ended; without a file of the first: no session */
  enum session_folder folder; /* {w} is the second part of each path … */
  const char *folders;        /* … and this the first one, a word */
  const char *version;        /* a member that has the agent's version, in its files */
  const char *place;          /* a member that has the workspace's path: rewritten */
  /* A letter that becomes small in the names of files that are brought: an agent that
   * names its files by the minute would write into one that it made no earlier. */
  char lowers;
  /* Instead of all that two scripts of the shell: $0 is the agent's program, $1 the
   * session's id.  The one writes the session, as JSON with its `info.id`, into the file
   * $2, the other reads it from its stdin. */
  const char *export_script, *import_script;
};

struct session_names {
  struct span id, folder; /* {i}, {w} */
};

/* Letters, digits and "_-", 8 to 200, no '-' in front: no path comes of it, no option. */
bool session_id_is_good(struct span id);
/* `pattern`: a whole one, or one part of it. */
bool session_path_matches(struct span pattern, struct span text,
                          const struct session_names *names);
/* A part without '*' and '#', as it is called; else false. */
bool session_path_expand(struct span part, const struct session_names *names,
                         struct buf *out);
/* One of the store's files? */
bool session_store_has(const struct session_store *store, struct span path,
                       const struct session_names *names);
/* The folder of a workspace; of SESSION_MARKED: one that we would choose. */
void session_store_folder(const struct session_store *store, struct span workspace,
                          struct buf *out);

#endif
