/* SPDX-License-Identifier: MIT */
/* companion.h - the one program that `runlet serve` runs beside itself: the image's
 * former entrypoint.
 *
 * It is a plain child: our standard streams, our session and group (a terminal's ^C
 * reaches it without us), default signal dispositions, an environment of its own.  Its
 * exit status is never lost to whoever reaps orphans (process/orphans.h); what it leaves
 * behind comes to us and is only reaped.  `on_exit` comes exactly once, from the loop,
 * with the status as a shell has it: the exit code, or 128+n when signal n ended it.  It
 * keeps the loop running until then; the memory goes by itself on a later turn.  */
#ifndef PROCESS_COMPANION_H
#define PROCESS_COMPANION_H

#include "base/fault.h"

struct uv_loop_s;
struct companion;

/* All borrowed for the call.  `program`: absolute path (files_find_program). */
struct companion *companion_start(struct uv_loop_s *loop, const char *program,
                                  char *const *argv, char *const *env,
                                  void (*on_exit)(void *who, int status), void *who,
                                  struct fault *f);
/* To it alone, as its container runtime did. */
void companion_signal(struct companion *c, int number);
/* KILL to it when it is still there after that long; again: nothing more. */
void companion_kill_after(struct companion *c, unsigned ms);

#endif
