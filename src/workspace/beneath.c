/* SPDX-License-Identifier: MIT */
/* beneath.c - walk() does the way down; the last part of a path is its caller's. */
#include "beneath.h"

#include "base/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static int refuse(struct fault *f, struct span path, const char *why)
{
  return fault_set(f, FAULT_BAD_INPUT, "\"%.*s\" %s",
                   (int)(path.len < 200 ? path.len : 200), path.at, why);
}

static int fail(struct fault *f, struct span path)
{
  int e = errno;
  if (e == ELOOP || e == ENOTDIR || e == EISDIR)
    return refuse(f, path, "leads over a link, or over what is no folder");
  return fault_system(f, -e, "\"%.*s\"", (int)(path.len < 200 ? path.len : 200), path.at);
}

/* The next part that is a name.  0: there is none; -1: it is "..", or too long. */
static int next_part(struct span *rest, char part[256])
{
  for (;;) {
    while (rest->len > 0 && rest->at[0] == '/')
      *rest = span_after(*rest, 1);
    const char *slash = rest->len > 0 ? memchr(rest->at, '/', rest->len) : NULL;
    size_t length = slash ? (size_t)(slash - rest->at) : rest->len;
    struct span name = {rest->at, length};
    if (length == 0)
      return 0;
    *rest = span_after(*rest, length);
    if (span_is(name, "."))
      continue;
    if (span_is(name, "..") || length > 255)
      return -1;
    memcpy(part, name.at, length);
    part[length] = 0;
    return 1;
  }
}

static void give(int fd, const struct files_owner *owner)
{
  if (owner && fchown(fd, owner->uid, owner->gid) < 0) {
    /* then it stays ours, and the agent can read it all the same */
  }
}

static int open_folder(int at, const char *name, bool make,
                       const struct files_owner *owner)
{
  int fd = openat(at, name, O_RDONLY | FOLDER);
  if (fd >= 0 || errno != ENOENT || !make)
    return fd;
  if (mkdirat(at, name, 0755) < 0 && errno != EEXIST)
    return -1;
  fd = openat(at, name, O_RDONLY | FOLDER);
  if (fd >= 0)
    give(fd, owner);
  return fd;
}

/* The folder that holds the last part of `path`, and that part.  Takes `at`, the root. */
static int walk_from(int at, struct span path, bool make, const struct files_owner *owner,
                     char last[256], struct fault *f)
{
  struct span rest = path;
  char next[256];
  int more = next_part(&rest, last), e = errno;
  if (more <= 0) {
    if (at >= 0)
      close(at);
    return refuse(f, path, more < 0 ? "leads out of the workspace" : "names no file");
  }
  errno = e; /* of the root's */
  while (at >= 0 && (more = next_part(&rest, next)) > 0) {
    int below = open_folder(at, last, make, owner);
    e = errno;
    close(at);
    errno = e;
    at = below;
    memcpy(last, next, sizeof next);
  }
  if (at < 0)
    return fail(f, path);
  if (more == 0)
    return at;
  close(at);
  return refuse(f, path, "leads out of the workspace");
}

static int walk(const char *root, struct span path, bool make,
                const struct files_owner *owner, char last[256], struct fault *f)
{
  return walk_from(open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path, make, owner,
                   last, f);
}

static int read_all(int fd, struct span path, struct buf *out, struct fault *f)
{
  char piece[4096];
  ssize_t n;
  while ((n = read(fd, piece, sizeof piece)) > 0)
    buf_add(out, (struct span){piece, (size_t)n});
  if (n < 0)
    return fail(f, path);
  return out->overflowed ? refuse(f, path, "is too long") : 0;
}

/* Takes `at`.  O_NONBLOCK: a FIFO must not hold us. */
static int open_from(int at, struct span path, struct fault *f)
{
  char name[256];
  int folder = walk_from(at, path, false, NULL, name, f);
  if (folder < 0)
    return -1;
  int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int e = errno;
  close(folder);
  errno = e;
  return fd < 0 ? fail(f, path) : fd;
}

int beneath_read(const char *root, struct span path, struct buf *out, struct fault *f)
{
  struct stat s;
  int at = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int fd = open_from(at, path, f);
  if (fd < 0)
    return f->kind == FAULT_SYSTEM && f->os == -ENOENT ? 1 : -1;
  int r = fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? read_all(fd, path, out, f)
                                                   : refuse(f, path, "is no plain file");
  close(fd);
  return r;
}

/* What is there keeps its mode; what is no plain file stays. */
static int mode_of(int folder, const char *name, struct span path, mode_t *mode,
                   struct fault *f)
{
  struct stat s;
  *mode = 0644;
  if (fstatat(folder, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : fail(f, path);
  *mode = s.st_mode & 0777;
  return S_ISREG(s.st_mode) ? 0 : refuse(f, path, "is there, and is no plain file");
}

static int write_beside(int folder, const char *name, struct span path, mode_t mode,
                        struct span content, const struct files_owner *owner,
                        struct fault *f)
{
  char id[17], beside[32];
  if (ids_token(id, 8, f) < 0)
    return -1;
  snprintf(beside, sizeof beside, ".runlet-%s", id);
  int fd =
      openat(folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail(f, path);
  give(fd, owner);
  int r = files_write_all(fd, content);
  errno = r < 0 ? -r : 0;
  if (r == 0)
    r = fchmod(fd, mode);
  if (r == 0)
    r = renameat(folder, beside, folder, name);
  if (r < 0) {
    r = fail(f, path);
    (void)unlinkat(folder, beside, 0);
  }
  close(fd);
  return r;
}

int beneath_write(const char *root, struct span path, struct span content,
                  const struct files_owner *owner, struct fault *f)
{
  char name[256];
  mode_t mode;
  int folder = walk(root, path, true, owner, name, f);
  if (folder < 0)
    return -1;
  int r = mode_of(folder, name, path, &mode, f);
  if (r == 0)
    r = write_beside(folder, name, path, mode, content, owner, f);
  close(folder);
  return r;
}

int beneath_folder(const char *root, struct span path, const struct files_owner *owner,
                   struct fault *f)
{
  char name[256];
  int at = walk(root, path, true, owner, name, f);
  if (at < 0)
    return -1;
  int folder = open_folder(at, name, true, owner);
  int r = folder < 0 ? fail(f, path) : 0;
  if (folder >= 0)
    close(folder);
  close(at);
  return r;
}

/* Is it the link that is wanted? */
static bool leads_to(int folder, const char *name, const char *target)
{
  char there[512];
  ssize_t n = readlinkat(folder, name, there, sizeof there);
  return n > 0 && span_is((struct span){there, (size_t)n}, target);
}

int beneath_link(const char *root, struct span path, const char *target,
                 const struct files_owner *owner, struct fault *f)
{
  char name[256];
  int folder = walk(root, path, true, owner, name, f);
  if (folder < 0)
    return -1;
  int r = symlinkat(target, folder, name);
  if (r < 0)
    r = errno != EEXIST ? fail(f, path) : leads_to(folder, name, target) ? 0 : 1;
  else if (owner && fchownat(folder, name, owner->uid, owner->gid, AT_SYMLINK_NOFOLLOW))
    r = 0; /* it stays ours; who may follow it does not depend on that */
  close(folder);
  return r;
}

/* -- below a folder that is open -- */

static int same(int root)
{
  return openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int beneath_open(int root, struct span path, struct fault *f)
{
  return open_from(same(root), path, f);
}

int beneath_create(int root, struct span path, struct span content,
                   const struct files_owner *owner, struct fault *f)
{
  char name[256];
  int folder = walk_from(same(root), path, true, owner, name, f);
  if (folder < 0)
    return -1;
  int fd =
      openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int r = fd < 0 ? -errno : files_write_all(fd, content);
  if (fd >= 0) {
    give(fd, owner);
    close(fd);
  }
  if (fd >= 0 && r < 0)
    (void)unlinkat(folder, name, 0);
  close(folder);
  errno = -r;
  return r < 0 ? fail(f, path) : 0;
}

void beneath_remove(int root, struct span path)
{
  char name[256];
  struct fault ignored = {0};
  int folder = walk_from(same(root), path, false, NULL, name, &ignored);
  if (folder < 0)
    return;
  (void)unlinkat(folder, name, 0); /* one that is gone is fine */
  close(folder);
}
