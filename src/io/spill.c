/* SPDX-License-Identifier: MIT */
/* spill.c - a place counts all bytes ever added; where it lies in the file is its
 * remainder by the file's most. */
#include "io/spill.h"

#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct spill {
  int fd;
  unsigned long long most, end; /* end: bytes ever added */
};

struct spill *spill_open(const char *folder, unsigned long long most, struct fault *f)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  struct spill *s = NULL;
  buf_addf(&path, "%s/", folder);
  if (ids_fresh(&path, "events", f) == 0) {
    int fd = open(path.at, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
      fault_system(f, -errno, "cannot make a file for events in %s", folder);
    } else {
      (void)unlink(path.at); /* from here on it is gone with its last descriptor */
      s = mem_new(sizeof *s);
      *s = (struct spill){.fd = fd, .most = most};
    }
  }
  buf_free(&path);
  return s;
}

void spill_close(struct spill *s)
{
  if (!s)
    return;
  close(s->fd);
  free(s);
}

unsigned long long spill_lost_by(const struct spill *s, size_t len)
{
  return s->end + len > s->most ? s->end + len - s->most : 0;
}

static int write_at(int fd, struct span s, unsigned long long at)
{
  while (s.len > 0) {
    ssize_t n = pwrite(fd, s.at, s.len, (off_t)at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -errno;
    s = span_after(s, (size_t)n);
    at += (size_t)n;
  }
  return 0;
}

static int read_at(int fd, char *to, size_t len, unsigned long long at)
{
  while (len > 0) {
    ssize_t n = pread(fd, to, len, (off_t)at);
    if (n < 0 && errno == EINTR)
      continue;
    /* 0 means that the file is shorter than what was written: somebody cut it. */
    if (n <= 0)
      return n < 0 ? -errno : -EIO;
    to += n;
    len -= (size_t)n;
    at += (size_t)n;
  }
  return 0;
}

/* How much of `len` fits before the file's most; the rest stands at its beginning. */
static size_t front_of(const struct spill *s, unsigned long long place, size_t len)
{
  unsigned long long capacity = s->most - place % s->most;
  return len < capacity ? len : (size_t)capacity;
}

int spill_add(struct spill *s, struct span bytes, unsigned long long *place,
              struct fault *f)
{
  if (bytes.len > s->most)
    return fault_set(f, FAULT_TOO_BIG, "%zu bytes do not fit into the file of events",
                     bytes.len);
  size_t front = front_of(s, s->end, bytes.len);
  int failed = write_at(s->fd, (struct span){bytes.at, front}, s->end % s->most);
  if (!failed)
    failed = write_at(s->fd, span_after(bytes, front), 0);
  if (failed)
    return fault_system(f, failed, "cannot write the file of events");
  *place = s->end;
  s->end += bytes.len;
  return 0;
}

int spill_read(const struct spill *s, unsigned long long place, size_t len, char *to,
               struct fault *f)
{
  size_t front = front_of(s, place, len);
  int failed = read_at(s->fd, to, front, place % s->most);
  if (!failed)
    failed = read_at(s->fd, to + front, len - front, 0);
  return failed ? fault_system(f, failed, "cannot read the file of events") : 0;
}

unsigned long long spill_size(const struct spill *s)
{
  return s->end < s->most ? s->end : s->most;
}
