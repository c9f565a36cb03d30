/* SPDX-License-Identifier: MIT */
/* session_files.c - what is brought is looked at twice: all of it is compared with what
 * is there before the first file is written.  */
#include "workspace/session_files.h"

#include "base/limits.h"
#include "beneath.h"
#include "request/session_archive.h"
#include "session_search.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A link in the way to it is the user's business; whose folder it leads to is ours. */
static int open_root(const struct session_place *p, bool make, struct fault *f)
{
  struct stat s;
  int fd = open(p->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool made = fd < 0 && errno == ENOENT && make && mkdir(p->root, 0700) == 0;
  if (made)
    fd = open(p->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int e = errno;
  if (made && fd >= 0 && p->owner && fchown(fd, p->owner->uid, p->owner->gid) < 0)
    e = errno;
  if (fd < 0 && e == ENOENT && !make)
    return fault_set(f, FAULT_UNKNOWN, "there is no folder %s", p->root);
  if (fd < 0)
    return fault_system(f, -e, "%s", p->root);
  if (p->owner && (fstat(fd, &s) < 0 || s.st_uid != p->owner->uid)) {
    close(fd);
    return fault_set(f, FAULT_FORBIDDEN, "%s is not the agent's user's", p->root);
  }
  return fd;
}

/* 1: it is not to be taken. */
static int read_file(const struct session_place *p, int root, struct span path,
                     struct buf *out, struct fault *f)
{
  struct stat s;
  int fd = beneath_open(root, path, f);
  if (fd < 0)
    return -1;
  bool good = fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_nlink == 1 &&
              (!p->owner || s.st_uid == p->owner->uid);
  ssize_t n = 0;
  while (good && !out->overflowed) {
    char *at = buf_reserve(out, 64 * KIB);
    n = at ? read(fd, at, 64 * KIB) : 0;
    if (n <= 0)
      break;
    buf_grew(out, (size_t)n);
  }
  int e = errno;
  close(fd);
  if (n < 0)
    return fault_system(f, -e, "\"%.*s\"", SPAN_ARG(path));
  if (out->overflowed)
    return fault_set(f, FAULT_TOO_BIG, "the session has more than %zu bytes",
                     LIMIT_ARCHIVE_BYTES);
  return !good;
}

/* -- out -- */

/* As it is called in an archive. */
static void put_name(const struct session_store *store, struct span path,
                     struct span folder, struct buf *name)
{
  if (!store->folder) {
    buf_add(name, path);
    return;
  }
  size_t before = strlen(store->folders) + 1 + folder.len;
  buf_addf(name, "%s/" SESSION_ARCHIVED_FOLDER "%.*s", store->folders,
           SPAN_ARG(span_after(path, before)));
}

static int put_files(const struct session_place *p, int root, const struct strv *paths,
                     struct span folder, struct buf *files, struct buf *version,
                     struct fault *f)
{
  struct buf text = buf_make(LIMIT_ARCHIVE_BYTES), name = buf_make(LIMIT_PATH_BYTES);
  int r = 0;
  for (size_t i = 0; r >= 0 && i < paths->count; i++) {
    buf_clear(&text);
    buf_clear(&name);
    put_name(p->store, span_of(paths->at[i]), folder, &name);
    r = read_file(p, root, span_of(paths->at[i]), &text, f);
    if (r != 0)
      continue;
    if (p->store->version && version->len == 0)
      buf_add(version, span_cut_utf8(
                           session_archive_find(buf_span(&text), p->store->version), 64));
    (void)ustar_add(files, buf_span(&name),
                    buf_span(&text)); /* or its name is too long */
  }
  buf_free(&text);
  buf_free(&name);
  return r < 0 ? -1 : 0;
}

static int finish(const struct session_place *p, const struct buf *files,
                  const struct buf *version, struct buf *archive, struct fault *f)
{
  const struct session_archive head = {
      .session_id = p->id, .workspace = p->workspace, .version = buf_span(version)};
  session_archive_begin(p->store, &head, archive);
  buf_add(archive, buf_span(files));
  ustar_end(archive);
  return files->overflowed || archive->overflowed
             ? fault_set(f, FAULT_TOO_BIG, "the session has more than %zu bytes",
                         LIMIT_ARCHIVE_BYTES)
             : 0;
}

static int collect(const struct session_place *p, int root, struct buf *archive,
                   struct fault *f)
{
  struct strv paths = {0};
  struct buf folder = buf_make(KIB), version = buf_make(KIB);
  struct buf files = buf_make(LIMIT_ARCHIVE_BYTES);
  (void)session_search_folder(root, p->store, p->workspace, &folder);
  session_search(root, p->store, p->id, &folder, &paths);
  int r = put_files(p, root, &paths, buf_span(&folder), &files, &version, f);
  if (r == 0 && files.len == 0 && !files.overflowed)
    r = fault_set(f, FAULT_UNKNOWN, "the agent has kept no file of the session in %s",
                  p->root);
  if (r == 0)
    r = finish(p, &files, &version, archive, f);
  strv_free(&paths);
  buf_free(&folder);
  buf_free(&version);
  buf_free(&files);
  return r;
}

int session_files_collect(const struct session_place *p, struct buf *archive,
                          struct fault *f)
{
  int root = open_root(p, false, f);
  if (root < 0)
    return -1;
  int r = collect(p, root, archive, f);
  close(root);
  return r;
}

int session_files_wrap(const struct session_place *p, const char *name,
                       struct buf *archive, struct fault *f)
{
  struct strv one = {0};
  struct buf files = buf_make(LIMIT_ARCHIVE_BYTES), version = buf_make(KIB);
  int root = open_root(p, false, f), r = root < 0 ? -1 : 0;
  strv_add(&one, span_of(name));
  if (root >= 0)
    r = put_files(p, root, &one, (struct span){0}, &files, &version, f);
  if (r == 0 && files.len == 0 && !files.overflowed)
    r = fault_set(f, FAULT_UNKNOWN, "the agent's command has written nothing");
  if (r == 0)
    r = finish(p, &files, &version, archive, f);
  if (root >= 0)
    close(root);
  strv_free(&one);
  buf_free(&files);
  buf_free(&version);
  return r;
}

/* -- in -- */

struct bringing {
  const struct session_place *place;
  const struct session_archive *archive;
  int root;
  struct span folder;
  struct strv made;
};

static bool is_missing(const struct fault *f, int error)
{
  return f->kind == FAULT_SYSTEM && f->os == error;
}

/* 1: it is there, just so; 0: nothing is. */
static int compare(const struct bringing *b, struct span path, struct span text,
                   struct fault *f)
{
  struct buf there = buf_make(LIMIT_ARCHIVE_BYTES);
  struct fault why = {0};
  int r = read_file(b->place, b->root, path, &there, &why);
  bool same = r == 0 && span_equal(buf_span(&there), text);
  buf_free(&there);
  if (r < 0 && is_missing(&why, -ENOENT))
    return 0;
  if (r < 0 && why.kind != FAULT_TOO_BIG) {
    *f = why;
    return -1;
  }
  return same ? 1
              : fault_set(f, FAULT_CONFLICT,
                          "\"%.*s\" is there already, and is another: nothing is "
                          "overwritten",
                          SPAN_ARG(span_cut_utf8(path, 300)));
}

static int bring_file(struct bringing *b, bool write, struct span path, struct span text,
                      struct fault *f)
{
  int r = compare(b, path, text, f);
  if (r != 0 || !write)
    return r < 0 ? -1 : 0;
  r = beneath_create(b->root, path, text, b->place->owner, f);
  if (r == 0)
    strv_add(&b->made, path);
  return r;
}

/* All files: compared, or written. */
static int bring_files(struct bringing *b, bool write, struct fault *f)
{
  const struct session_store *store = b->place->store;
  struct span rest = b->archive->files;
  struct ustar_file file;
  struct buf path = buf_make(LIMIT_PATH_BYTES), text = buf_make(2 * LIMIT_ARCHIVE_BYTES);
  int r = 0;
  while (r == 0 && ustar_next(&rest, &file, f) > 0) {
    buf_clear(&path);
    buf_clear(&text);
    session_archive_path(store, file.name, b->folder, &path);
    session_archive_move(store, file.content, b->archive->workspace, b->place->workspace,
                         &text);
    r = path.overflowed || text.overflowed
            ? fault_set(f, FAULT_TOO_BIG, "\"%s\" of the session is too long", file.text)
            : bring_file(b, write, buf_span(&path), buf_span(&text), f);
  }
  buf_free(&path);
  buf_free(&text);
  return r;
}

/* A folder that nobody has marked yet. */
static int mark(struct bringing *b, struct fault *f)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&path, "%s/%.*s/.project_root", b->place->store->folders, SPAN_ARG(b->folder));
  int r = bring_file(b, true, buf_span(&path), b->place->workspace, f);
  buf_free(&path);
  return r;
}

int session_files_bring(const struct session_place *p, struct span bytes, struct fault *f)
{
  struct session_archive archive;
  struct buf folder = buf_make(KIB);
  struct bringing b = {.place = p, .archive = &archive, .root = -1};
  int r = session_archive_read(bytes, p->store, &archive, f);
  if (r == 0)
    r = b.root = open_root(p, true, f);
  if (r >= 0) {
    bool found = session_search_folder(b.root, p->store, p->workspace, &folder);
    b.folder = buf_span(&folder);
    r = bring_files(&b, false, f);
    if (r == 0 && !found)
      r = mark(&b, f);
    if (r == 0)
      r = bring_files(&b, true, f);
    for (size_t i = 0; r < 0 && i < b.made.count; i++)
      beneath_remove(b.root, span_of(b.made.at[i]));
  }
  if (b.root >= 0)
    close(b.root);
  strv_free(&b.made);
  buf_free(&folder);
  session_archive_free(&archive);
  return r < 0 ? -1 : 0;
}
