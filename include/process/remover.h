/* SPDX-License-Identifier: MIT */
/* remover.h - a folder that is too big to be removed on the loop is removed by a process.
 *
 * It is this program once more, started like a keeper: it outlives us, and no signal of a
 * group ends it.  It holds the folder's lock, so that nobody else takes the folder for
 * one whose runner is dead.  */
#ifndef PROCESS_REMOVER_H
#define PROCESS_REMOVER_H

#include "base/fault.h"

struct uv_loop_s;

/* argv: runlet --remover <folder> */
#define REMOVER_ARGUMENT "--remover"
int remover_main(int argc, char **argv); /* the whole life of the process */

/* Takes `lock_fd`.  `done` comes once, on a later turn: the fault says what was left,
 * NULL: nothing.  The loop is held up for at most LIMIT_REMOVER_MS; if it ends before the
 * process does, removers_close() lets the process go on by itself and `done` says so.
 * -1: no process can be started (then `lock_fd` is closed). */
int remover_start(struct uv_loop_s *loop, const char *folder, int lock_fd,
                  void (*done)(void *who, const struct fault *left), void *who,
                  struct fault *f);
void removers_close(struct uv_loop_s *loop);

#endif
