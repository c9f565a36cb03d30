/* SPDX-License-Identifier: MIT */
/* door_signals.h - SIGTERM and the like as a door hears them: not from inside the
 * container when we are PID 1, as there everybody may send them.  */
#ifndef DOOR_DOOR_SIGNALS_H
#define DOOR_DOOR_SIGNALS_H

#include "base/fault.h"

#include <stdbool.h>

struct signal_news;
struct signals;
struct uv_loop_s;

struct door_signals {
  struct signals *signals; /* NULL: closed */
  void (*on_signal)(void *who, const struct signal_news *n);
  void *who;
};

/* `all`: every signal that a companion may want too, else those that end a process
 * (io/signals.h).  on_signal comes any number of times until the close. */
int door_signals_open(struct door_signals *d, struct uv_loop_s *loop, bool all,
                      void (*on_signal)(void *who, const struct signal_news *n),
                      void *who, struct fault *f);
void door_signals_close(struct door_signals *d); /* any number of times */

#endif
