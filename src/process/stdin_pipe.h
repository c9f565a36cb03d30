/* SPDX-License-Identifier: MIT */
/* stdin_pipe.h - what a process we started reads on its stdin; for child.c and
 * helper_command.c.
 *
 * Everything put in is written in order, at once, and wiped when it is written: it may be
 * a prompt of tens of MiB, or hold a token.  After stdin_pipe_end() the pipe is closed
 * with the last byte.  A process that does not read, or is gone, is no fault here: what
 * is left is dropped, its exit says the rest.  `on_closed` comes once, on a turn after
 * the pipe was closed: only then the memory may go.  */
#ifndef PROCESS_STDIN_PIPE_H
#define PROCESS_STDIN_PIPE_H

#include "base/buf.h"

#include <uv.h>

struct stdin_pipe {
  uv_pipe_t pipe; /* to be opened by the owner: uv_pipe_open(), or uv_spawn() */
  uv_write_t writing;
  struct buf now, next; /* being written; to be written then */
  bool open, busy, ending;
  void (*on_closed)(void *who);
  void *who;
};

void stdin_pipe_open(struct stdin_pipe *d, struct uv_loop_s *loop,
                     void (*on_closed)(void *who), void *who);
void stdin_pipe_put(struct stdin_pipe *d, struct span bytes);
/* Takes the bytes over, without a copy.  Only as the first. */
void stdin_pipe_take(struct stdin_pipe *d, struct buf *bytes);
void stdin_pipe_end(struct stdin_pipe *d);
/* Bytes that the process has not taken yet. */
size_t stdin_pipe_unwritten(const struct stdin_pipe *d);
/* Closes it at once, whatever is not yet written.  May be called any number of times, and
 * does nothing before stdin_pipe_open(). */
void stdin_pipe_close(struct stdin_pipe *d);
void stdin_pipe_wipe(struct stdin_pipe *d); /* after on_closed */

#endif
