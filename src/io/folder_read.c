/* SPDX-License-Identifier: MIT */
/* folder_read.c - openat() part by part, readdir() name by name. */
#include "io/folder_read.h"

#include "base/buf.h"
#include "io/descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static long long nanoseconds(const struct timespec *t)
{
  return (long long)t->tv_sec * 1000000000 + t->tv_nsec;
}

long long folder_now(void)
{
  struct timespec now;
  (void)clock_gettime(CLOCK_REALTIME_COARSE, &now); /* as files are stamped */
  return nanoseconds(&now);
}

int folder_open(int root_fd, const char *path)
{
  char name[256];
  if (descriptors_are_short())
    return -1;
  int fd = openat(root_fd, ".", FOLDER);
  while (fd >= 0 && *path) {
    size_t length = strcspn(++path, "/");
    int above = fd;
    fd = -1;
    if (length < sizeof name) {
      memcpy(name, path, length);
      name[length] = 0;
      fd = openat(above, name, FOLDER);
    }
    close(above);
    path += length;
  }
  return fd;
}

struct folder_look folder_look(int folder_fd, const char *name, long long since)
{
  struct folder_look look = {0};
  struct stat s;
  int failed =
      name ? fstatat(folder_fd, name, &s, AT_SYMLINK_NOFOLLOW) : fstat(folder_fd, &s);
  if (failed || !(S_ISREG(s.st_mode) || S_ISDIR(s.st_mode)))
    return look;
  look.kind = S_ISREG(s.st_mode) ? FOLDER_FILE : FOLDER_FOLDER;
  uint64_t facts[] = {s.st_dev, s.st_ino, 0, 0};
  if (look.kind == FOLDER_FILE) {
    facts[2] = (uint64_t)nanoseconds(&s.st_mtim);
    facts[3] = (uint64_t)s.st_size;
  }
  look.stamp = span_hash((struct span){(const char *)facts, sizeof facts});
  look.after = nanoseconds(&s.st_ctim) > since;
  return look;
}

struct folder_read *folder_read_open(int folder_fd)
{
  DIR *folder = fdopendir(folder_fd);
  if (!folder)
    close(folder_fd);
  return (struct folder_read *)folder;
}

const char *folder_read_next(struct folder_read *r)
{
  const struct dirent *e;
  while ((e = readdir((DIR *)r)) != NULL)
    if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
      return e->d_name;
  return NULL;
}

void folder_read_close(struct folder_read *r)
{
  if (r)
    (void)closedir((DIR *)r); /* only read from */
}
