/* SPDX-License-Identifier: MIT */
/* signals.h - TERM, INT, HUP and QUIT as calls from the loop, with who sent them.
 *
 * signals_block() comes first in main, before any thread is made, so that every thread
 * has these signals blocked and only the descriptor sees them; children get them back
 * unblocked (process/keeper.c; libuv does it for its own).  `inside` says that the sender
 * is a process of our own PID namespace: as PID 1 that is the agent or a shell in the
 * container, and the caller does not obey it.  SIGPIPE is ignored.
 *
 * SIGNALS_ALL adds USR1, USR2 and WINCH, which are for a companion (process/companion.h)
 * and nothing to us; they are blocked from signals_open() on.  */
#ifndef IO_SIGNALS_H
#define IO_SIGNALS_H

#include "base/fault.h"

#include <stdbool.h>

struct uv_loop_s;
struct signals;

enum signals_which { SIGNALS_THAT_END, SIGNALS_ALL };

struct signal_news {
  int number, pid; /* pid 0: the sender is outside of our namespace, or the kernel */
  bool inside;
  bool terminal; /* from the kernel, as ^C: the whole foreground group has got it */
};

void signals_block(void);
/* For a wait before anything was begun: in this thread they have their plain effect
 * until signals_block() (as PID 1 that is none). */
void signals_unblock(void);
struct signals *signals_open(struct uv_loop_s *loop, enum signals_which which,
                             void (*on_signal)(void *who, const struct signal_news *n),
                             void *who, struct fault *f);
/* Nothing comes any more, from inside on_signal too.  NULL is fine; its memory goes on a
 * later turn. */
void signals_close(struct signals *s);

#endif
