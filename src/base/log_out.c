/* SPDX-License-Identifier: MIT */
/* log_out.c - a record may be cut in its middle; then what comes after it begins on a
 * line of its own. */
#include "log_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long long lost;
static bool torn; /* the last byte that went out was no line's end */

/* Where it cannot be opened anew (another user's pipe, no /proc): a pipe that has room at
 * all has room for so many bytes. */
static size_t write_pieces(struct span bytes)
{
  size_t written = 0;
  while (written < bytes.len) {
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
      break;
    size_t piece = bytes.len - written < PIPE_BUF ? bytes.len - written : PIPE_BUF;
    ssize_t n = write(STDERR_FILENO, bytes.at + written, piece);
    if (n <= 0)
      break;
    written += (size_t)n;
  }
  return written;
}

static size_t write_through(int fd, struct span bytes)
{
  ssize_t n = write(fd, bytes.at, bytes.len);
  return n > 0 ? (size_t)n : 0;
}

/* How many bytes went out at once. */
static size_t write_now(struct span bytes)
{
  struct stat s;
  if (fstat(STDERR_FILENO, &s) < 0)
    return 0;
  if (S_ISSOCK(s.st_mode)) {
    ssize_t n = send(STDERR_FILENO, bytes.at, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n > 0 ? (size_t)n : 0;
  }
  if (!S_ISFIFO(s.st_mode) && !S_ISCHR(s.st_mode))
    return write_through(STDERR_FILENO, bytes);
  int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return write_pieces(bytes);
  size_t written = write_through(fd, bytes);
  close(fd);
  return written;
}

void log_out(struct span record,
             void (*put_lost)(unsigned long long lost, struct buf *out))
{
  struct buf all = buf_make(SIZE_MAX);
  if (torn)
    buf_add_char(&all, '\n');
  if (lost > 0)
    put_lost(lost, &all);
  buf_add(&all, record);
  size_t written = write_now(buf_span(&all));
  if (written == all.len)
    lost = 0;
  else
    lost++;
  if (written > 0)
    torn = all.at[written - 1] != '\n';
  buf_free(&all);
}
