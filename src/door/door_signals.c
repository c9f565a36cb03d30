/* SPDX-License-Identifier: MIT */
/* door_signals.c - one look between io/signals and the door: who is obeyed.  */
#include "door/door_signals.h"

#include "base/log.h"
#include "io/signals.h"

#include <unistd.h>

static void look(void *who, const struct signal_news *n)
{
  struct door_signals *d = who;
  if (getpid() == 1 && n->inside)
    log_line(LOG_WARN, (struct span){0},
             "signal %d from process %d in this container is not obeyed", n->number,
             n->pid);
  else
    d->on_signal(d->who, n);
}

int door_signals_open(struct door_signals *d, struct uv_loop_s *loop, bool all,
                      void (*on_signal)(void *who, const struct signal_news *n),
                      void *who, struct fault *f)
{
  d->on_signal = on_signal;
  d->who = who;
  d->signals = signals_open(loop, all ? SIGNALS_ALL : SIGNALS_THAT_END, look, d, f);
  return d->signals ? 0 : -1;
}

void door_signals_close(struct door_signals *d)
{
  signals_close(d->signals);
  d->signals = NULL;
}
