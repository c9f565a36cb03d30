/* SPDX-License-Identifier: MIT */
/* files.c - what an agent can rename is opened first and then worked on by its
 * descriptor: a path that is looked up twice may mean two things. */
#include "io/files.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/tree_removal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME ".lock" /* where the folder itself cannot be locked */

int files_open_state(const char *path, bool passable, struct fault *f)
{
  mode_t mode = passable ? 0711 : 0700;
  if (mkdir(path, mode) < 0 && errno != EEXIST)
    return fault_system(f, -errno, "--state-dir %s cannot be made", path);
  /* lstat, not stat: by a link somebody else could lead our private folders elsewhere. */
  struct stat s;
  if (lstat(path, &s) < 0)
    return fault_system(f, -errno, "--state-dir %s cannot be read", path);
  if (!S_ISDIR(s.st_mode))
    return fault_set(f, FAULT_SYSTEM, "--state-dir %s is not a folder", path);
  if (s.st_uid != geteuid())
    return fault_set(f, FAULT_SYSTEM, "--state-dir %s belongs to uid %u, not to us", path,
                     (unsigned)s.st_uid);
  if (s.st_mode & 0777 & ~mode)
    return fault_set(f, FAULT_SYSTEM,
                     "--state-dir %s is open to others (mode %03o): chmod %03o it", path,
                     (unsigned)(s.st_mode & 0777), (unsigned)mode);
  if (passable && chmod(path, mode) < 0) /* whatever the umask took */
    return fault_system(f, -errno, "--state-dir %s cannot be made passable", path);
  if (access(path, W_OK) < 0)
    return fault_system(f, -errno, "--state-dir %s cannot be written", path);
  return 0;
}

/* The kernel lets go of a lock when we die, whatever we die of: is_stale() sees it.  The
 * folder itself is locked, which makes no file; where that cannot be (NFS locks only what
 * is open for writing) a file in it.  A descriptor, or a negative errno. */
static int lock_folder(const char *path)
{
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0 || flock(folder, LOCK_EX | LOCK_NB) == 0)
    return folder < 0 ? -errno : folder;
  int fd = openat(folder, LOCK_NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  int failed = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
  close(folder);
  if (failed && fd >= 0)
    close(fd);
  return failed ? failed : fd;
}

int files_make_private(const char *state, const char *prefix, struct buf *path,
                       int *lock_fd, struct fault *f)
{
  char random[17];
  if (ids_token(random, 8, f) < 0)
    return -1;
  buf_clear(path);
  buf_addf(path, "%s/%s-%s", state, prefix, random);
  if (mkdir(path->at, 0700) < 0)
    return fault_system(f, -errno, "cannot make the private folder %s", path->at);
  *lock_fd = lock_folder(path->at);
  if (*lock_fd >= 0)
    return 0;
  int failed = *lock_fd;
  *lock_fd = -1;
  files_remove_tree(path->at);
  return fault_system(f, failed, "cannot lock the private folder %s", path->at);
}

int files_write_all(int fd, struct span s)
{
  while (s.len > 0) {
    ssize_t n = write(fd, s.at, s.len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -errno;
    s = span_after(s, (size_t)n);
  }
  return 0;
}

int files_write_private(const char *folder, const char *name, struct span content,
                        struct fault *f)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&path, "%s/%s", folder, name);
  int fd = open(path.at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int failed = fd < 0 ? -errno : files_write_all(fd, content);
  if (fd >= 0 && close(fd) < 0 && !failed)
    failed = -errno;
  if (failed)
    fault_system(f, failed, "cannot write %s", path.at);
  buf_free(&path);
  return failed ? -1 : 0;
}

static int give_entries(int folder, struct files_owner owner)
{
  DIR *d = fdopendir(folder);
  int failed = d ? 0 : -errno;
  for (struct dirent *one; d && !failed && (one = readdir(d));)
    if (strcmp(one->d_name, ".") != 0 && strcmp(one->d_name, "..") != 0 &&
        strcmp(one->d_name, LOCK_NAME) != 0 &&
        fchownat(dirfd(d), one->d_name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) < 0)
      failed = -errno;
  if (!failed && fchown(dirfd(d), owner.uid, owner.gid) < 0)
    failed = -errno;
  if (d)
    closedir(d);
  else
    close(folder);
  return failed;
}

int files_give(const char *folder, struct files_owner owner, struct fault *f)
{
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int failed = fd < 0 ? -errno : give_entries(fd, owner);
  return failed ? fault_system(f, failed, "cannot give %s to uid %u", folder, owner.uid)
                : 0;
}

void files_remove_tree(const char *path)
{
  struct fault ignored = {0}; /* what cannot be removed can be seen */
  (void)tree_remove_some(path, LIMIT_REMOVER_ENTRIES, &ignored);
}

/* A private folder whose lock can be taken has no living runner. */
static bool is_stale(const char *path)
{
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0)
    return false;
  int file = openat(folder, LOCK_NAME, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  bool has_none = file < 0 && errno == ENOENT;
  bool free_now = flock(has_none ? folder : file, LOCK_EX | LOCK_NB) == 0;
  if (file >= 0)
    close(file);
  close(folder);
  return free_now;
}

unsigned files_sweep_stale(const char *state, const char *prefix)
{
  return files_sweep_stale_each(state, prefix, NULL, NULL);
}

unsigned files_sweep_stale_each(const char *state, const char *prefix,
                                void (*each)(void *who, const char *folder), void *who)
{
  DIR *d = opendir(state);
  if (!d)
    return 0;
  unsigned n = 0;
  size_t length = strlen(prefix);
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  for (struct dirent *one; (one = readdir(d));) {
    if (strncmp(one->d_name, prefix, length) != 0 || one->d_name[length] != '-')
      continue;
    buf_clear(&path);
    buf_addf(&path, "%s/%s", state, one->d_name);
    if (!is_stale(path.at))
      continue;
    if (each)
      each(who, path.at);
    files_remove_tree(path.at);
    n++;
  }
  closedir(d);
  buf_free(&path);
  return n;
}

static bool is_program(const char *path)
{
  struct stat s;
  return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

/* As execvp() looks, but by the agent's PATH and from its folder instead of ours. */
int files_find_program(const char *program, const char *path_variable, const char *cwd,
                       struct buf *found, struct fault *f)
{
  buf_clear(found);
  if (strchr(program, '/')) {
    if (program[0] != '/')
      buf_addf(found, "%s/", cwd);
    buf_add_text(found, program);
    if (is_program(buf_cstring(found)))
      return 0;
    return fault_set(f, FAULT_UNKNOWN, "%s is not there or cannot be executed",
                     found->at);
  }
  const char *path =
      path_variable && path_variable[0] ? path_variable : "/usr/local/bin:/usr/bin:/bin";
  for (const char *at = path; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
    size_t length = strcspn(at, ":");
    buf_clear(found);
    if (length == 0 || at[0] != '/') /* an empty entry means the current folder */
      buf_addf(found, "%s/", cwd);
    buf_add(found, (struct span){at, length});
    buf_addf(found, "/%s", program);
    if (is_program(found->at))
      return 0;
  }
  size_t folders = 1;
  for (const char *at = path; (at = strchr(at, ':')); at++)
    folders++;
  return fault_set(f, FAULT_UNKNOWN, "%s is not on PATH (%zu folder%s)", program, folders,
                   folders == 1 ? "" : "s");
}

ssize_t files_read_some(int fd, char *to, size_t most)
{
  for (;;) {
    ssize_t n = read(fd, to, most);
    if (n >= 0)
      return n;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      (void)poll(&p, 1, -1); /* whatever it says, the next read knows */
    else if (errno != EINTR)
      return -errno;
  }
}

int files_read(const char *path, size_t ceiling, struct buf *out, struct fault *f)
{
  bool from_stdin = strcmp(path, "-") == 0;
  int fd = from_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fault_system(f, -errno, "cannot read %s", path);
  /* To its end, whatever its size is said to be: files of /proc say 0. */
  int result = 0;
  *out = buf_make(ceiling + 1); /* the one byte more shows that there is more */
  for (;;) {
    size_t left = out->ceiling - out->len;
    size_t piece = left < LIMIT_READ_BYTES ? left : LIMIT_READ_BYTES;
    if (piece == 0)
      break;
    ssize_t n = files_read_some(fd, buf_reserve(out, piece), piece);
    if (n < 0)
      result = fault_system(f, (int)n, "cannot read %s", from_stdin ? "stdin" : path);
    if (n <= 0)
      break;
    buf_grew(out, (size_t)n);
  }
  if (!from_stdin)
    close(fd);
  if (result == 0 && out->len > ceiling)
    result = fault_set(f, FAULT_TOO_BIG, "%s is larger than %zu bytes",
                       from_stdin ? "stdin" : path, ceiling);
  if (result < 0)
    buf_free(out);
  return result;
}

int files_check_folder(const char *path, struct fault *f)
{
  struct stat s;
  if (stat(path, &s) < 0)
    return fault_system(f, -errno, "folder %s", path);
  if (!S_ISDIR(s.st_mode))
    return fault_set(f, FAULT_SYSTEM, "%s is not a folder", path);
  if (access(path, W_OK | X_OK) < 0)
    return fault_system(f, -errno, "folder %s cannot be written", path);
  return 0;
}

/* Who may write beside the new folder may have put another in its place meanwhile: only
 * one that is ours and empty of folders is given away. */
static int give_new_folder(const char *path, const struct files_owner *owner)
{
  struct stat s;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int failed = fstat(fd, &s) < 0 ? -errno : 0;
  if (!failed && (s.st_uid != geteuid() || s.st_nlink > 2))
    failed = -EPERM;
  if (!failed && fchown(fd, owner->uid, owner->gid) < 0)
    failed = -errno;
  close(fd);
  return failed;
}

int files_make_folder(const char *path, const struct files_owner *owner, struct fault *f)
{
  int failed = 0;
  if (mkdir(path, 0755) == 0)
    failed = owner ? give_new_folder(path, owner) : 0;
  else if (errno != EEXIST)
    failed = -errno;
  if (failed)
    return fault_system(f, failed, "cannot make the folder %s", path);
  return files_check_folder(path, f);
}

int files_make_path(const char *path, struct fault *f)
{
  char *part = span_copy(span_of(path));
  for (char *slash = part[0] ? strchr(part + 1, '/') : NULL; slash;
       slash = strchr(slash + 1, '/')) {
    *slash = 0;
    (void)mkdir(part, 0755); /* the last one says what is wrong */
    *slash = '/';
  }
  free(part);
  return files_make_folder(path, NULL, f);
}

int files_real_path(const char *path, struct buf *real, struct fault *f)
{
  char *found = realpath(path, NULL);
  if (!found)
    return fault_system(f, -errno, "%s", path);
  buf_clear(real);
  buf_add_text(real, found);
  free(found);
  return 0;
}
