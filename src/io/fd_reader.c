/* SPDX-License-Identifier: MIT */
/* fd_reader.c - one read a turn of the loop, and only when something is there: so it
 * never waits.  */
#include "io/fd_reader.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

struct fd_reader {
  uv_poll_t poll;
  int fd, flags;
  bool inside, closing;
  struct lines lines;
  const struct lines_calls *calls;
  void *who;
  char piece[16 * 1024];
};

static void is_closed(uv_handle_t *handle)
{
  struct fd_reader *r = handle->data;
  (void)fcntl(r->fd, F_SETFL, r->flags); /* whoever has it besides wants it as it was */
  lines_free(&r->lines);
  free(r);
}

static void on_line(void *who, struct span line)
{
  struct fd_reader *r = who;
  if (!r->closing)
    r->calls->on_line(r->who, line);
}

static void on_too_long(void *who, size_t ceiling)
{
  struct fd_reader *r = who;
  if (!r->closing)
    r->calls->on_too_long(r->who, ceiling);
}

static const struct lines_calls own = {.on_line = on_line, .on_too_long = on_too_long};

static void polled(uv_poll_t *poll, int status, int events)
{
  struct fd_reader *r = poll->data;
  (void)events;
  ssize_t n = status < 0 ? 0 : read(r->fd, r->piece, sizeof r->piece);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  r->inside = true;
  if (n > 0)
    (void)lines_add(&r->lines, (struct span){r->piece, (size_t)n}, &own, r);
  else
    lines_end(&r->lines, &own, r);
  r->inside = false;
  if (n <= 0)
    (void)uv_poll_stop(&r->poll);
  if (r->closing)
    uv_close((uv_handle_t *)&r->poll, is_closed);
}

struct fd_reader *fd_reader_open(struct uv_loop_s *loop, int fd, size_t ceiling,
                                 const struct lines_calls *calls, void *who,
                                 struct fault *f)
{
  struct fd_reader *r = mem_new(sizeof *r);
  r->fd = fd;
  r->flags = fcntl(fd, F_GETFL);
  r->lines = lines_make(ceiling);
  r->calls = calls;
  r->who = who;
  int rc = r->flags < 0 ? UV_EBADF : uv_poll_init(loop, &r->poll, fd);
  r->poll.data = r;
  if (rc == 0) {
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)uv_poll_start(&r->poll, UV_READABLE | UV_DISCONNECT, polled);
    return r;
  }
  lines_free(&r->lines);
  free(r);
  (void)fault_set(f, FAULT_BAD_INPUT, "descriptor %d is no open pipe, socket or terminal",
                  fd);
  return NULL;
}

void fd_reader_close(struct fd_reader *r)
{
  if (!r)
    return;
  r->closing = true;
  if (!r->inside)
    uv_close((uv_handle_t *)&r->poll, is_closed);
}
