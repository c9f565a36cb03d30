/* SPDX-License-Identifier: MIT */
/* file_watch.h - which files of a workspace are made, changed and deleted.
 *
 * inotify says where to look, a look says what is there, and what is known of the folder
 * (known_files.h) says what that means.  So a file that was made and written is one
 * creation, one that another was renamed over is a change, and one that came and went
 * between two looks is nothing.  News of a name are gathered for LIMIT_FILES_GATHER_MS;
 * what comes for it meanwhile is counted as folded, and the order is that of the first.
 *
 * Told are plain files; no link is followed, and what is in .git, node_modules and in
 * our own folder is left out.  All folders are read once, the first LIMIT_FILES_TURN_MS
 * of it within the opening, then in steps of that time, and what an agent has changed
 * meanwhile is told by its time stamp.  No folder is read again without news of it.  A
 * folder that is made is watched before it is read, so nothing in it is missed.  When the
 * kernel has lost news, all is read once more (at most each LIMIT_FILES_RESCAN_MS), and
 * where it gives no watches, once at the end.
 *
 * While `may_tell` says no nothing is told; more than LIMIT_FILES_WAITING names then wait
 * in the kernel.  What is known has LIMIT_FILES_BYTES; files beyond are not told.  */
#ifndef WORKSPACE_FILE_WATCH_H
#define WORKSPACE_FILE_WATCH_H

#include "base/buf.h"

struct uv_loop_s;
struct file_watch;

struct file_watch_setup {
  struct uv_loop_s *loop;
  const char *folder; /* absolute */
  const char *own;    /* a folder of ours, perhaps below it */
};

struct file_watch_calls {
  /* `type`: "create", "change", "delete"; `path`: "/a/b" below the folder, any bytes. */
  void (*on_file)(void *who, const char *type, struct span path);
  void (*on_warning)(void *who, const char *code, const char *text);
  bool (*may_tell)(void *who);
  void (*on_finished)(void *who); /* once, after file_watch_finish() */
};

struct file_watch_counts {
  unsigned long long told, folded, rescans;
};

struct file_watch *file_watch_open(const struct file_watch_setup *setup,
                                   const struct file_watch_calls *calls, void *who);
/* may_tell says yes again. */
void file_watch_go_on(struct file_watch *w);
/* What has happened until now is told, in at most `most_ms`; then on_finished, never from
 * inside. */
void file_watch_finish(struct file_watch *w, unsigned most_ms);
struct file_watch_counts file_watch_counts(const struct file_watch *w);
void file_watch_close(struct file_watch *w); /* NULL is fine */

#endif
