/* SPDX-License-Identifier: MIT */
/* child_streams.h - the three streams of a child: what it is told, and what it prints;
 * for child.c only.
 *
 * stdout becomes lines, of stderr the end is kept.  Lines are handed out for at most
 * LIMIT_TURN_MS in a row: what an agent prints may cost much more to understand than to
 * print, and others wait for the loop.  The rest follows on the next turn, before
 * anything more is read.  Of stderr lines that hold `aside` are handed out, too, and what
 * is not kept of them.  With `on_bytes` both outputs are handed out as they come.
 *
 * `on_news` comes after something was read, and when an output is at its end; `on_closed`
 * once for each of the three, on a later turn than the close: only after the last one the
 * memory may go.  */
#ifndef PROCESS_CHILD_STREAMS_H
#define PROCESS_CHILD_STREAMS_H

#include "base/buf.h"
#include "base/fault.h"
#include "io/lines.h"
#include "output_pipe.h"
#include "pipes.h"
#include "stdin_pipe.h"

struct child_streams_calls {
  struct lines_calls lines; /* its is_enough is child_streams_is_enough() */
  void (*on_news)(void *who);
  void (*on_closed)(void *who);
};

struct child_streams {
  struct stdin_pipe in;
  struct output_pipe out, err;
  struct lines lines;
  struct buf stderr_tail;
  /* NULL: none.  May be set until child_streams_open(), with on_aside. */
  const char *aside;
  void (*on_aside)(void *who, struct span line);
  struct lines err_lines;
  struct buf rest;          /* of a read, not handed out yet … */
  struct loop_timer *go_on; /* … but then */
  unsigned long long turn_until_ms;
  bool held;
  char *read_memory; /* one for both outputs: libuv asks right before it reads */
  unsigned long long first_output_ms, last_output_ms; /* of stdout; 0: none yet */
  const struct child_streams_calls *calls;
  /* NULL: lines.  May be set until child_streams_open(). */
  void (*on_bytes)(void *who, bool is_stderr, struct span bytes);
  void *who;
  struct budget *budget;
};

/* Half a line, and what is not yet on stdin, are charged to `budget` (may be NULL). */
struct child_streams child_streams_make(size_t line_ceiling, struct budget *budget,
                                        const struct child_streams_calls *calls,
                                        void *who);
/* Takes our ends of the pipes (what it took is -1 then) and begins to read.  Also when it
 * fails all three have to be closed, and on_closed comes for each. */
int child_streams_open(struct child_streams *s, struct uv_loop_s *loop, struct pipes *e,
                       struct fault *f);
/* May be called any number of times, and before child_streams_open(). */
void child_streams_close(struct child_streams *s);
void child_streams_free(struct child_streams *s); /* after the last on_closed */

/* No line after this, or no bytes of either, until child_streams_go_on(). */
void child_streams_hold(struct child_streams *s);
void child_streams_go_on(struct child_streams *s);

/* There may be more of what that holds. */
bool child_streams_can_hold(const struct child_streams *s);

/* A last line without an end is handed out. */
void child_streams_end_lines(struct child_streams *s);
/* This turn of the loop has heard enough. */
bool child_streams_is_enough(const struct child_streams *s);
/* As output_pipe_mark() and what follows from it, for both outputs. */
void child_streams_mark(struct child_streams *s);
bool child_streams_are_drained(const struct child_streams *s);
bool child_streams_have_unread(const struct child_streams *s);
/* Both outputs are at their end. */
bool child_streams_are_over(const struct child_streams *s);

#endif
