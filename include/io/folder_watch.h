/* SPDX-License-Identifier: MIT */
/* folder_watch.h - inotify on the loop: the names in watched folders that something was
 * done to.
 *
 * on_ready comes once when there is news, and again only after folder_watch_wait(); so it
 * is the reader who sets the pace, and what he does not fetch waits in the kernel, up to
 * fs.inotify.max_queued_events.  Beyond that, and where the kernel says so, news are lost
 * (on_lost).  A name's news are that something happened to it: what, shows a look at it
 * (io/folder_read.h).  */
#ifndef IO_FOLDER_WATCH_H
#define IO_FOLDER_WATCH_H

#include "base/fault.h"

#include <stdbool.h>

struct uv_loop_s;
struct folder_watch;

struct folder_watch_calls {
  void (*on_ready)(void *who);
  void (*on_name)(void *who, int watch, const char *name);
  void (*on_lost)(void *who);
};

struct folder_watch *folder_watch_open(struct uv_loop_s *loop,
                                       const struct folder_watch_calls *calls, void *who,
                                       struct fault *f);
/* The open folder, also if its path is another's by now.  A number above 0; -1: there is
 * no watch to be had. */
int folder_watch_add(struct folder_watch *w, int folder_fd);
void folder_watch_remove(struct folder_watch *w, int watch);
/* Tells up to LIMIT_READ_BYTES of news; false: that was all for now. */
bool folder_watch_read(struct folder_watch *w);
void folder_watch_wait(struct folder_watch *w);
/* Nothing comes any more; its memory goes on a later turn.  NULL is fine. */
void folder_watch_close(struct folder_watch *w);

#endif
