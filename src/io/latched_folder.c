/* SPDX-License-Identifier: MIT */
/* latched_folder.c - libuv's synchronous stat calls are used for the time of birth, which
 * the C library does not report everywhere.  */
#include "io/latched_folder.h"

#include "base/limits.h"
#include "io/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/* -- what it is -- */

/* 0, or libuv's error. */
static int stat_path(const char *path, uv_stat_t *s)
{
  uv_fs_t request;
  int r = uv_fs_lstat(NULL, &request, path, NULL);
  *s = request.statbuf;
  uv_fs_req_cleanup(&request);
  return r;
}

static int stat_fd(int fd, uv_stat_t *s)
{
  uv_fs_t request;
  int r = uv_fs_fstat(NULL, &request, fd, NULL);
  *s = request.statbuf;
  uv_fs_req_cleanup(&request);
  return r;
}

static bool is_same(const struct latched_folder *l, const uv_stat_t *s)
{
  return s->st_dev == l->device && s->st_ino == l->inode &&
         s->st_birthtim.tv_sec == l->born_s && s->st_birthtim.tv_nsec == l->born_ns;
}

int latched_folder_open(struct latched_folder *l, const char *path, struct fault *f)
{
  uv_stat_t s;
  *l = (struct latched_folder){.fd = -1, .path = buf_make(LIMIT_PATH_BYTES)};
  buf_add_text(&l->path, path);
  while (l->path.len > 1 && l->path.at[l->path.len - 1] == '/')
    l->path.at[--l->path.len] = 0; /* it would be followed */
  path = buf_cstring(&l->path);
  if (mkdir(path, 0755) < 0 && errno != EEXIST)
    return fault_system(f, -errno, "cannot make the folder %s", path);
  l->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (l->fd < 0 && stat_path(path, &s) == 0 && S_ISLNK(s.st_mode))
    return fault_set(f, FAULT_FORBIDDEN, "%s is a symbolic link", path);
  if (l->fd < 0)
    return fault_system(f, -errno, "cannot open the folder %s", path);
  int r = stat_fd(l->fd, &s);
  if (r < 0)
    return fault_system(f, r, "cannot look at the folder %s", path);
  l->device = s.st_dev;
  l->inode = s.st_ino;
  l->born_s = s.st_birthtim.tv_sec;
  l->born_ns = s.st_birthtim.tv_nsec;
  return 0;
}

void latched_folder_close(struct latched_folder *l)
{
  if (l->fd >= 0)
    (void)close(l->fd); /* only read from */
  l->fd = -1;
  buf_free(&l->path);
}

int latched_folder_check(const struct latched_folder *l, struct fault *f)
{
  uv_stat_t s;
  int r = stat_path(l->path.at, &s);
  if (r == UV_ENOENT)
    return fault_set(f, FAULT_FORBIDDEN, "it no longer exists");
  if (r < 0)
    return fault_set(f, FAULT_FORBIDDEN, "lstat failed with %s", uv_err_name(r));
  if (S_ISLNK(s.st_mode))
    return fault_set(f, FAULT_FORBIDDEN, "it is a symbolic link now");
  if (!S_ISDIR(s.st_mode))
    return fault_set(f, FAULT_FORBIDDEN, "it is no longer a directory");
  if (!is_same(l, &s))
    return fault_set(f, FAULT_FORBIDDEN, "it is another directory now");
  return 0;
}

/* The file is removed only as long as its name still means the one that was made. */
static int remove_own(const struct latched_folder *l, const char *name, int fd,
                      struct fault *f)
{
  struct stat own, there;
  if (fstat(fd, &own) < 0)
    return fault_set(f, FAULT_FORBIDDEN,
                     "its own probe file's identity could not be read from the open "
                     "file descriptor");
  if (fstatat(l->fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
      there.st_dev == own.st_dev && there.st_ino == own.st_ino)
    latched_folder_remove(l, name);
  return 0;
}

int latched_folder_probe(const struct latched_folder *l, const char *name,
                         struct fault *f)
{
  uv_stat_t s;
  const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat(l->fd, name, how, 0600);
  if (fd < 0)
    return fault_set(f, FAULT_FORBIDDEN,
                     "its probe file could not be created exclusively (the path may "
                     "already exist)");
  int failed = remove_own(l, name, fd, f);
  (void)close(fd); /* nothing was written */
  if (failed)
    return -1;
  if (stat_fd(l->fd, &s) < 0 || !is_same(l, &s))
    return fault_set(f, FAULT_FORBIDDEN,
                     "its reported creation time changed after a probe write");
  return 0;
}

/* -- its files -- */

static int read_plain(int fd, const char *name, size_t ceiling, struct buf *out,
                      struct fault *f)
{
  struct stat s;
  if (fstat(fd, &s) < 0)
    return fault_system(f, -errno, "cannot look at %s", name);
  if (!S_ISREG(s.st_mode))
    return fault_set(f, FAULT_BAD_INPUT, "%s is no plain file", name);
  if (s.st_size < 0 || (unsigned long long)s.st_size > ceiling)
    return fault_set(f, FAULT_TOO_BIG, "%s has more than %zu bytes", name, ceiling);
  for (size_t left = (size_t)s.st_size; left > 0;) {
    char *at = buf_reserve(out, left);
    ssize_t n = at ? read(fd, at, left) : 0;
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fault_system(f, -errno, "cannot read %s", name);
    if (n == 0)
      break;
    buf_grew(out, (size_t)n);
    left -= (size_t)n;
  }
  return 0;
}

int latched_folder_read(const struct latched_folder *l, const char *name, size_t ceiling,
                        struct buf *out, bool *found, struct fault *f)
{
  int fd = openat(l->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  *found = fd >= 0 || errno != ENOENT;
  if (fd < 0)
    return *found ? fault_system(f, -errno, "cannot open %s", name) : 0;
  int failed = read_plain(fd, name, ceiling, out, f);
  (void)close(fd); /* only read from */
  return failed;
}

int latched_folder_write(const struct latched_folder *l, const char *name,
                         struct span text, struct fault *f)
{
  const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  struct buf part = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&part, "%s.tmp", name);
  int fd = openat(l->fd, buf_cstring(&part), how, 0644);
  int error = fd < 0 ? -errno : files_write_all(fd, text);
  if (fd >= 0 && close(fd) < 0 && error == 0)
    error = -errno;
  if (error == 0 && renameat(l->fd, part.at, l->fd, name) < 0)
    error = -errno;
  if (error < 0 && fd >= 0)
    latched_folder_remove(l, part.at);
  buf_free(&part);
  return error < 0 ? fault_system(f, error, "cannot write %s", name) : 0;
}

bool latched_folder_has(const struct latched_folder *l, const char *name)
{
  struct stat s;
  return fstatat(l->fd, name, &s, AT_SYMLINK_NOFOLLOW) == 0;
}

void latched_folder_remove(const struct latched_folder *l, const char *name)
{
  (void)unlinkat(l->fd, name, 0); /* gone already, or not ours to remove */
}

int latched_folder_each(const struct latched_folder *l,
                        void (*each)(void *who, const char *name), void *who,
                        struct fault *f)
{
  /* opened anew: a descriptor has one place in the list */
  int fd = openat(l->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  if (!folder) {
    int error = -errno;
    if (fd >= 0)
      (void)close(fd);
    return fault_system(f, error, "cannot read the folder %s", l->path.at);
  }
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      each(who, entry->d_name);
  (void)closedir(folder); /* only read from */
  return 0;
}
