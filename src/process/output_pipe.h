/* SPDX-License-Identifier: MIT */
/* output_pipe.h - one pipe of a process we started, read to its end; for child.c and
 * command.c.
 *
 * `on_bytes` comes any number of times; `on_end` once, at the end of the pipe or at an
 * error, which mean the same to a reader; it is closed by then.  Neither after
 * inflow_close().  `on_closed` comes once, on a later turn: only then the memory may go.
 * Whoever owns it lends a room of LIMIT_READ_BYTES; several may share one.  */
#ifndef PROCESS_OUTPUT_PIPE_H
#define PROCESS_OUTPUT_PIPE_H

#include "base/buf.h"

#include <uv.h>

struct inflow_calls {
  void (*on_bytes)(void *who, struct span bytes);
  void (*on_end)(void *who);
  void (*on_closed)(void *who);
};

struct inflow {
  uv_pipe_t pipe; /* to be opened by the owner: uv_pipe_open(), or uv_spawn() */
  char *room;
  const struct inflow_calls *calls;
  void *who;
  bool open;
  bool counting; /* inflow_mark() was called */
  size_t counted;
};

void inflow_make(struct inflow *in, struct uv_loop_s *loop, char *room,
                 const struct inflow_calls *calls, void *who);
/* The first time, and after inflow_hold().  0, or libuv's error. */
int inflow_read(struct inflow *in);
void inflow_hold(struct inflow *in); /* no bytes until inflow_read() */
bool inflow_has_unread(const struct inflow *in);
/* From here on bytes are counted: the writer we wait for writes no more. */
void inflow_mark(struct inflow *in);
/* All that was in the pipe at the mark is read: it is empty, or as much came since as it
 * can hold. */
bool inflow_is_drained(const struct inflow *in);
void inflow_close(struct inflow *in); /* any number of times; before _make: nothing */

#endif
