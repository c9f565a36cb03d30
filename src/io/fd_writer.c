/* SPDX-License-Identifier: MIT */
/* fd_writer.c - libuv can write to pipes and terminals but not to files without its
 * thread pool, and it cannot tell that a reader has gone while nothing is written.  So
 * the descriptor is written by us, and a poll handle watches it for room and for its
 * end. */
#include "io/fd_writer.h"

#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

struct fd_writer {
  uv_poll_t poll;
  uv_timer_t timer; /* 0 ms: the flush of this turn; then fd_writer_end()'s deadline */
  unsigned open_handles;
  int fd, flags, watched; /* watched: the poll's events, 0: stopped */
  bool own;               /* fd is closed at the end */
  bool pollable, gone, above, ending, told;
  bool half_closed; /* a socket whose other end sends no more, but may read */
  struct buf waiting;
  void (*on_drain)(void *who);
  void (*on_gone)(void *who);
  void *who;
  void (*ended)(void *who);
  void *ended_who;
};

static void handle_closed(uv_handle_t *handle)
{
  struct fd_writer *w = handle->data;
  if (--w->open_handles > 0)
    return;
  if (w->own)
    (void)close(w->fd); /* what it was made of is still open: nothing is lost */
  else if (w->pollable)
    /* The shell behind us wants its terminal back as it was. */
    (void)fcntl(w->fd, F_SETFL, w->flags);
  buf_free(&w->waiting);
  void (*ended)(void *) = w->ended;
  void *who = w->ended_who;
  free(w);
  if (ended)
    ended(who);
}

static void close_handles(struct fd_writer *w)
{
  if (w->pollable)
    uv_close((uv_handle_t *)&w->poll, handle_closed);
  uv_close((uv_handle_t *)&w->timer, handle_closed);
}

static void is_gone(struct fd_writer *w)
{
  w->gone = true;
  buf_free(&w->waiting);
  if (w->on_gone && !w->told && !w->ending) {
    w->told = true;
    w->on_gone(w->who);
  }
}

static void flush(struct fd_writer *w);

/* A pipe without a reader shows POLLERR, a socket or terminal POLLHUP. */
static bool nobody_reads(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP));
}

static void polled(uv_poll_t *poll, int status, int events)
{
  struct fd_writer *w = poll->data;
  if (status < 0)
    w->watched = 0; /* libuv has stopped it */
  if ((status < 0 || (events & UV_DISCONNECT)) && nobody_reads(w->fd)) {
    is_gone(w);
  } else if (events & UV_DISCONNECT) {
    /* Only the other direction is at its end.  epoll would say so again in each turn:
     * it is not asked for that any more. */
    w->half_closed = true;
  }
  flush(w);
}

/* The reader's end is always watched, so that a silent run hears of it too; room to write
 * only while bytes wait, and only then the loop stays for it. */
static void watch(struct fd_writer *w)
{
  if (!w->pollable)
    return;
  int wanted = (w->half_closed ? 0 : UV_DISCONNECT) | (w->waiting.len ? UV_WRITABLE : 0);
  if (w->gone)
    wanted = 0;
  if (wanted == w->watched)
    return;
  w->watched = wanted;
  if (wanted == 0)
    uv_poll_stop(&w->poll);
  else
    uv_poll_start(&w->poll, wanted, polled);
  if (wanted & UV_WRITABLE)
    uv_ref((uv_handle_t *)&w->poll);
  else
    uv_unref((uv_handle_t *)&w->poll);
}

/* Writes what goes without waiting. */
static void flush(struct fd_writer *w)
{
  while (w->waiting.len > 0 && !w->gone) {
    ssize_t n = write(w->fd, w->waiting.at, w->waiting.len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      break;
    if (n < 0) {
      is_gone(w);
      break;
    }
    buf_drop_front(&w->waiting, (size_t)n);
  }
  /* on_gone may have ended the writer from inside. */
  if (uv_is_closing((uv_handle_t *)&w->timer))
    return;
  watch(w);
  if (w->above && w->waiting.len < LIMIT_SINK_LOW_BYTES) {
    w->above = false;
    if (w->on_drain && !w->gone && !w->ending)
      w->on_drain(w->who);
  }
  if (w->ending && (w->waiting.len == 0 || w->gone) &&
      !uv_is_closing((uv_handle_t *)&w->timer))
    close_handles(w);
}

static void turn_is_over(uv_timer_t *timer)
{
  flush(timer->data);
}

static void out_of_time(uv_timer_t *timer)
{
  struct fd_writer *w = timer->data;
  w->gone = true;
  flush(w);
}

/* The mode of a descriptor is that of all who share it: stdin on a terminal, the shell
 * behind us, what writes to the same pipe.  So a terminal or a pipe is opened once more,
 * where that can be done (there is no such way to a socket).  -1: not. */
static int open_anew(int fd, int flags)
{
  char path[32];
  struct stat was, is;
  if (fstat(fd, &was) < 0 || !(S_ISCHR(was.st_mode) || S_ISFIFO(was.st_mode)))
    return -1;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int anew = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
                            (flags & (O_APPEND | O_DIRECT)));
  if (anew < 0)
    return -1;
  /* A /proc of others may have led elsewhere. */
  if (fstat(anew, &is) == 0 && is.st_dev == was.st_dev && is.st_ino == was.st_ino)
    return anew;
  (void)close(anew); /* nothing was written */
  return -1;
}

struct fd_writer *fd_writer_open(struct uv_loop_s *loop, int fd,
                                 void (*on_drain)(void *who), void (*on_gone)(void *who),
                                 void *who, struct fault *f)
{
  struct fd_writer *w = mem_new(sizeof *w);
  w->fd = fd;
  w->flags = fcntl(fd, F_GETFL);
  if (w->flags < 0) {
    free(w);
    fault_system(f, -errno, "stdout is not open");
    return NULL;
  }
  w->waiting = buf_make(LIMIT_EVENT_LINE_BYTES);
  w->on_drain = on_drain;
  w->on_gone = on_gone;
  w->who = who;
  w->timer.data = w->poll.data = w;
  uv_timer_init(loop, &w->timer); /* cannot fail */
  w->open_handles = 1;
  int anew = open_anew(fd, w->flags);
  w->own = anew >= 0;
  if (w->own)
    w->fd = fd = anew;
  /* epoll refuses files, and those never block. */
  w->pollable = uv_guess_handle(fd) != UV_FILE && uv_poll_init(loop, &w->poll, fd) == 0;
  w->open_handles += w->pollable;
  watch(w);
  return w;
}

size_t fd_writer_put(struct fd_writer *w, struct span bytes)
{
  if (w->gone || w->ending)
    return 0;
  buf_add(&w->waiting, bytes);
  if (w->waiting.overflowed) {
    /* The caller did not heed the backlog; the reader would miss bytes in the middle. */
    is_gone(w);
    return 0;
  }
  if (w->waiting.len > LIMIT_SINK_HIGH_BYTES)
    w->above = true;
  if (!uv_is_active((uv_handle_t *)&w->timer)) /* else, or when it is stuck, it will go */
    uv_timer_start(&w->timer, turn_is_over, 0, 0);
  return w->waiting.len;
}

void fd_writer_end(struct fd_writer *w, unsigned flush_ms, void (*ended)(void *who),
                   void *who)
{
  w->ending = true;
  w->ended = ended;
  w->ended_who = who;
  uv_update_time(w->timer.loop); /* its now may be old: the deadline counts from here */
  uv_timer_start(&w->timer, out_of_time, flush_ms, 0);
  flush(w);
}
