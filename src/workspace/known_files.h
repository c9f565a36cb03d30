/* SPDX-License-Identifier: MIT */
/* known_files.h - what is known of the files of a workspace, and two queues through it:
 * names that something was done to, and folders that are still to be read.  Pure.
 *
 * A name is in one queue at most and only once: what comes again is folded into the place
 * that it has (known_queue() says so), and the order is that of the first news.  A name
 * may be known before it is known what it stands for (KNOWN_NOTHING).  All that is kept
 * has one ceiling in bytes.  */
#ifndef WORKSPACE_KNOWN_FILES_H
#define WORKSPACE_KNOWN_FILES_H

#include "base/buf.h"

enum known_kind { KNOWN_NOTHING, KNOWN_FILE, KNOWN_FOLDER };
enum known_queue { QUEUE_NONE, QUEUE_NAMES, QUEUE_FOLDERS };

struct known {
  struct known *in;                     /* its folder; NULL: the root */
  struct known *first, *before, *after; /* of a folder: what is in it; its neighbours */
  struct known *queue_before, *queue_after;
  struct known *same_hash, *same_watch; /* chains of the tables */
  uint64_t stamp; /* a file: its content, a folder: which one it is; as the caller says */
  int watch;      /* of a folder; 0: none */
  unsigned seen;  /* the reading of its folder in which it was seen last */
  unsigned char kind, queue, name_bytes;
  char name[]; /* NUL-ended */
};

struct known_files;

struct known_files *known_files_new(size_t ceiling);
void known_files_free(struct known_files *k);
struct known *known_root(struct known_files *k);
/* The name in that folder; with `make` it is put there where it was not.  NULL: it is not
 * there, or there is no room. */
struct known *known_find(struct known_files *k, struct known *in, const char *name,
                         bool make);
/* Takes it from its folder and queue; nothing may be in it. */
void known_remove(struct known_files *k, struct known *e);
void known_watch(struct known_files *k, struct known *folder, int watch); /* 0: no more */
struct known *known_by_watch(const struct known_files *k, int watch);
/* At the end of the queue; false: it was in one already. */
bool known_queue(struct known_files *k, struct known *e, enum known_queue queue);
void known_dequeue(struct known_files *k, struct known *e);
struct known *known_next(const struct known_files *k, enum known_queue queue);
size_t known_waiting(const struct known_files *k); /* names in QUEUE_NAMES */
/* Appends "/a/b", from the root on. */
void known_path(const struct known *e, struct buf *out);
/* No path of this name leads to what is told: .git and node_modules. */
bool known_is_pruned(const char *folder_name);

#endif
