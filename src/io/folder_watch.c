/* SPDX-License-Identifier: MIT */
/* folder_watch.c - inotify by uv_poll. */
#include "io/folder_watch.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/descriptors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <uv.h>

struct folder_watch {
  uv_poll_t poll;
  int fd;
  const struct folder_watch_calls *calls;
  void *who;
};

struct folder_watch *folder_watch_open(struct uv_loop_s *loop,
                                       const struct folder_watch_calls *calls, void *who,
                                       struct fault *f)
{
  int fd = descriptors_are_short() ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  struct folder_watch *w = mem_new(sizeof *w);
  *w = (struct folder_watch){.fd = fd, .calls = calls, .who = who};
  w->poll.data = w;
  int r = fd < 0 ? -errno : uv_poll_init(loop, &w->poll, fd);
  if (r == 0)
    return w;
  if (fd >= 0)
    close(fd);
  free(w);
  fault_system(f, r, "no inotify");
  return NULL;
}

int folder_watch_add(struct folder_watch *w, int folder_fd)
{
  char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", folder_fd);
  return inotify_add_watch(w->fd, path,
                           IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_DELETE | IN_MOVE |
                               IN_ONLYDIR | IN_EXCL_UNLINK);
}

void folder_watch_remove(struct folder_watch *w, int watch)
{
  (void)inotify_rm_watch(w->fd, watch); /* it may have gone with its folder */
}

bool folder_watch_read(struct folder_watch *w)
{
  static _Alignas(struct inotify_event) char news[LIMIT_READ_BYTES]; /* one loop */
  ssize_t n = read(w->fd, news, sizeof news);
  for (ssize_t at = 0; at < n;) {
    const struct inotify_event *e = (const struct inotify_event *)(news + at);
    at += (ssize_t)(sizeof *e + e->len);
    if (e->mask & IN_Q_OVERFLOW)
      w->calls->on_lost(w->who);
    else if (e->len > 0)
      w->calls->on_name(w->who, e->wd, e->name);
  }
  return n > (ssize_t)sizeof news / 2;
}

static void is_ready(uv_poll_t *poll, int status, int events)
{
  struct folder_watch *w = poll->data;
  (void)status, (void)events; /* the read tells */
  uv_poll_stop(poll);
  w->calls->on_ready(w->who);
}

void folder_watch_wait(struct folder_watch *w)
{
  (void)uv_poll_start(&w->poll, UV_READABLE, is_ready);
}

static void is_closed(uv_handle_t *handle)
{
  free(handle->data);
}

void folder_watch_close(struct folder_watch *w)
{
  if (!w)
    return;
  uv_close((uv_handle_t *)&w->poll, is_closed);
  close(w->fd);
}
