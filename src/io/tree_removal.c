/* SPDX-License-Identifier: MIT */
/* tree_removal.c - one pass looks at each entry of the top folder once.  A file goes, an
 * empty folder goes, the files of any other go and its folders are moved to the top: so
 * each pass makes the tree flatter, until one changes nothing. */
#include "io/tree_removal.h"

#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct removal {
  int top;
  unsigned long left;  /* entries that may still be looked at */
  unsigned long moved; /* names the folders at the top */
  bool changed;        /* in this pass */
  int os;              /* why something of this pass is still there */
  char name[NAME_MAX + 1];
};

static void note(struct removal *r, int os, const char *name)
{
  if (r->os)
    return;
  r->os = os;
  snprintf(r->name, sizeof r->name, "%s", name);
}

static bool is_dots(const char *name)
{
  return !strcmp(name, ".") || !strcmp(name, "..");
}

/* A file or an empty folder.  0, or why not. */
static int unlink_one(int folder, const char *name)
{
  if (unlinkat(folder, name, 0) == 0)
    return 0;
  int os = errno;
  /* Of a folder Linux says EISDIR, and EPERM is what POSIX wants said. */
  if ((os == EISDIR || os == EPERM) && unlinkat(folder, name, AT_REMOVEDIR) == 0)
    return 0;
  return os == EISDIR || (os == EPERM && errno != ENOTDIR) ? errno : os;
}

/* Its new name may be taken, by whoever is still at work there. */
static int move_to_top(struct removal *r, int folder, const char *name)
{
  char fresh[32];
  int os = EEXIST;
  for (int tries = 0; tries < 100 && (os == EEXIST || os == ENOTEMPTY || os == ENOTDIR);
       tries++) {
    snprintf(fresh, sizeof fresh, ".%lx", r->moved++);
    os = renameat(folder, name, r->top, fresh) == 0 ? 0 : errno;
  }
  return os;
}

/* Of a folder that lies at the top. */
static void remove_below(struct removal *r, int folder, const char *name)
{
  int os = unlink_one(folder, name);
  if (os == ENOTEMPTY || os == EEXIST)
    os = move_to_top(r, folder, name);
  if (os == EACCES && fchmod(folder, 0700) == 0) {
    (void)fchmodat(folder, name, 0700, 0); /* to be moved a folder must be writable */
    os = unlink_one(folder, name);
    if (os == ENOTEMPTY || os == EEXIST)
      os = move_to_top(r, folder, name);
  }
  if (os == 0)
    r->changed = true;
  else if (os != ENOENT)
    note(r, os, name);
}

static DIR *open_folder(int at, const char *name)
{
  int fd = openat(at, name, FOLDER);
  if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
    fd = openat(at, name, FOLDER);
  DIR *d = fd < 0 ? NULL : fdopendir(fd);
  if (fd >= 0 && !d)
    close(fd);
  return d;
}

static void empty_folder(struct removal *r, const char *name)
{
  DIR *d = open_folder(r->top, name);
  if (!d) {
    note(r, errno, name);
    return;
  }
  for (struct dirent *one; r->left > 0 && (one = readdir(d));) {
    if (is_dots(one->d_name))
      continue;
    r->left--;
    remove_below(r, dirfd(d), one->d_name);
  }
  closedir(d);
  if (unlinkat(r->top, name, AT_REMOVEDIR) == 0)
    r->changed = true;
}

static void remove_at_top(struct removal *r, const char *name)
{
  int os = unlink_one(r->top, name);
  if (os == 0)
    r->changed = true;
  else if (os == ENOTEMPTY || os == EEXIST)
    empty_folder(r, name);
  else if (os != ENOENT)
    note(r, os, name);
}

static void one_pass(struct removal *r)
{
  r->changed = false;
  r->os = 0;
  DIR *d = open_folder(r->top, ".");
  if (!d) {
    note(r, errno, ".");
    return;
  }
  for (struct dirent *one; r->left > 0 && (one = readdir(d));) {
    if (is_dots(one->d_name))
      continue;
    r->left--;
    remove_at_top(r, one->d_name);
  }
  closedir(d);
}

enum tree_removal tree_remove_some(const char *path, unsigned long most, struct fault *f)
{
  if (rmdir(path) == 0 || errno == ENOENT)
    return TREE_GONE;
  int os = errno;
  struct removal r = {.top = open(path, FOLDER), .left = most, .changed = true};
  if (r.top < 0 && errno == EACCES && chmod(path, 0700) == 0)
    r.top = open(path, FOLDER);
  if (r.top < 0)
    return fault_system(f, -os, "cannot remove %s", path) < 0 ? TREE_LEFT : TREE_GONE;
  (void)fchmod(r.top, 0700);
  while (r.changed && r.left > 0)
    one_pass(&r);
  close(r.top);
  if (rmdir(path) == 0)
    return TREE_GONE;
  os = errno;
  if (r.left == 0)
    return TREE_MORE;
  fault_system(f, r.os ? -r.os : -os, "cannot remove %s from %s", r.os ? r.name : "it",
               path);
  return TREE_LEFT;
}
