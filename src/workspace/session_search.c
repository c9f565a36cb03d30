/* SPDX-License-Identifier: MIT */
/* session_search.c - a pattern is walked part by part; only parts with a '*' or '#' are
 * looked for by reading their folder.  */
#include "session_search.h"

#include "base/limits.h"
#include "beneath.h"
#include "io/folder_read.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

struct search {
  struct session_names names;
  struct buf path; /* so far */
  unsigned looks;
  struct strv *out;
};

static void walk(struct search *s, int folder, struct span pattern);

static struct span first_part(struct span pattern)
{
  const char *slash = pattern.len > 0 ? memchr(pattern.at, '/', pattern.len) : NULL;
  return (struct span){pattern.at, slash ? (size_t)(slash - pattern.at) : pattern.len};
}

static void enter(struct search *s, int folder, const char *name, struct span rest)
{
  size_t length = s->path.len;
  struct stat facts;
  if (s->looks++ >= LIMIT_ARCHIVE_LOOKS || s->out->count >= LIMIT_ARCHIVE_FILES)
    return;
  buf_addf(&s->path, "%s%s", length > 0 ? "/" : "", name);
  if (rest.len == 0) {
    if (!s->path.overflowed && fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(facts.st_mode))
      strv_add(s->out, buf_span(&s->path));
  } else {
    int below = openat(folder, name, FOLDER);
    if (below >= 0)
      walk(s, below, span_after(rest, 1));
  }
  s->path.len = length;
  s->path.overflowed = false;
}

/* Takes `folder`. */
static void walk(struct search *s, int folder, struct span pattern)
{
  struct span part = first_part(pattern), rest = span_after(pattern, part.len);
  struct buf name = buf_make(KIB);
  if (session_path_expand(part, &s->names, &name)) {
    if (name.len > 0)
      enter(s, folder, buf_cstring(&name), rest);
    close(folder);
  } else {
    struct folder_read *names = folder_read_open(folder);
    const char *each;
    while (names && s->looks++ < LIMIT_ARCHIVE_LOOKS && (each = folder_read_next(names)))
      if (session_path_matches(part, span_of(each), &s->names))
        enter(s, folder, each, rest);
    folder_read_close(names);
  }
  buf_free(&name);
}

/* What is called as `pattern` says. */
static void search(struct search *s, int root, const char *pattern)
{
  int at = openat(root, ".", FOLDER);
  if (at >= 0)
    walk(s, at, span_of(pattern));
}

/* All names in the folder of the workspaces' folders, in order. */
static void list_folders(int root, const struct session_store *store, struct strv *out)
{
  unsigned looks = 0;
  int at = openat(root, store->folders, FOLDER);
  struct folder_read *names = at >= 0 ? folder_read_open(at) : NULL;
  const char *each;
  while (names && looks++ < LIMIT_ARCHIVE_LOOKS && (each = folder_read_next(names)))
    strv_add(out, span_of(each));
  folder_read_close(names);
  strv_sort(out);
}

static bool is_marked(int root, const struct session_store *store, const char *folder,
                      struct span workspace)
{
  char mark[LIMIT_PATH_BYTES + 1];
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  struct fault ignored = {0};
  buf_addf(&path, "%s/%s/.project_root", store->folders, folder);
  int fd = beneath_open(root, buf_span(&path), &ignored);
  ssize_t n = fd >= 0 ? read(fd, mark, sizeof mark) : -1;
  if (fd >= 0)
    close(fd);
  buf_free(&path);
  return n > 0 && span_equal(span_trim((struct span){mark, (size_t)n}), workspace);
}

bool session_search_folder(int root, const struct session_store *store,
                           struct span workspace, struct buf *folder)
{
  struct strv all = {0};
  bool found = false;
  if (store->folder == SESSION_MARKED)
    list_folders(root, store, &all);
  for (size_t i = 0; i < all.count && !found; i++) {
    found = is_marked(root, store, all.at[i], workspace);
    if (found)
      buf_add_text(folder, all.at[i]);
  }
  strv_free(&all);
  if (!found)
    session_store_folder(store, workspace, folder);
  return found || store->folder != SESSION_MARKED;
}

void session_search(int root, const struct session_store *store, struct span id,
                    struct buf *folder, struct strv *out)
{
  struct search s = {
      .names = {id, buf_span(folder)}, .path = buf_make(LIMIT_PATH_BYTES), .out = out};
  struct strv all = {0};
  search(&s, root, store->paths[0]);
  if (out->count == 0 && store->folder)
    list_folders(root, store, &all);
  for (size_t i = 0; i < all.count && out->count == 0; i++) {
    s.names.folder = span_of(all.at[i]);
    search(&s, root, store->paths[0]);
  }
  for (const char *const *p = store->paths + 1; out->count > 0 && *p; p++)
    search(&s, root, *p);
  if (out->count > 0 && s.names.folder.at != folder->at) {
    buf_clear(folder);
    buf_add(folder, s.names.folder);
  }
  strv_free(&all);
  buf_free(&s.path);
  strv_sort(out);
}
