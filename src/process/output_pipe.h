/* SPDX-License-Identifier: MIT */
/* output_pipe.h - one pipe of a process we started, read to its end; for child.c and
 * helper_command.c.
 *
 * `on_bytes` comes any number of times; `on_end` once, at the end of the pipe or at an
 * error, which mean the same to a reader; it is closed by then.  Neither comes after
 * output_pipe_close().  `on_closed` comes once, on a later turn: only then the memory may
 * go.  Whoever owns it lends LIMIT_READ_BYTES of memory; several may share it.  */
#ifndef PROCESS_OUTPUT_PIPE_H
#define PROCESS_OUTPUT_PIPE_H

#include "base/buf.h"

#include <uv.h>

struct output_pipe_calls {
  void (*on_bytes)(void *who, struct span bytes);
  void (*on_end)(void *who);
  void (*on_closed)(void *who);
};

struct output_pipe {
  uv_pipe_t pipe; /* to be opened by the owner: uv_pipe_open(), or uv_spawn() */
  char *memory;
  const struct output_pipe_calls *calls;
  void *who;
  bool open;
  bool counting; /* output_pipe_mark() was called */
  size_t counted;
};

void output_pipe_open(struct output_pipe *in, struct uv_loop_s *loop, char *memory,
                      const struct output_pipe_calls *calls, void *who);
/* The first time, and after output_pipe_hold().  0, or libuv's error. */
int output_pipe_read(struct output_pipe *in);
void output_pipe_hold(struct output_pipe *in); /* no bytes until output_pipe_read() */
bool output_pipe_has_unread(const struct output_pipe *in);
/* The process has exited: from here on bytes are counted.  What was in the pipe now is
 * the last that the process itself has written; what comes later is by others that hold
 * the pipe too. */
void output_pipe_mark(struct output_pipe *in);
/* Whether all that was in the pipe at the mark has been read.  It has when the pipe is
 * empty, or when as many bytes came since as a pipe can hold. */
bool output_pipe_is_drained(const struct output_pipe *in);
/* May be called any number of times, and does nothing before output_pipe_open(). */
void output_pipe_close(struct output_pipe *in);

#endif
