/* SPDX-License-Identifier: MIT */
/* helper_command.h - one helper command, run to its end: bytes in, bytes and status out.
 *
 * For short commands of our own (a local tool, later a clone or a setup step), not for
 * agents.  The command has its own process group; at the deadline, on cancel, or when its
 * output passes the ceiling the whole group is killed.  `on_done` comes exactly once,
 * never from inside helper_command_start() or helper_command_cancel(), when the process
 * is gone and its pipes are at their end, or 200 ms after it is gone if something else
 * holds them.  The command frees itself after on_done. */
#ifndef PROCESS_HELPER_COMMAND_H
#define PROCESS_HELPER_COMMAND_H

#include "base/buf.h"
#include "base/fault.h"

struct uv_loop_s;
struct helper_command;

struct helper_command_setup { /* borrowed for the call */
  char *const *argv;          /* argv[0] is an absolute path */
  char *const *env;           /* NULL: an empty environment, never ours */
  const char *cwd;            /* NULL: ours */
  struct span input;
  size_t output_ceiling;
  struct budget *budget; /* its input and output are charged to it; NULL: none */
  unsigned deadline_ms;  /* 0: none */
};

struct helper_command_end {
  int status, signal;
  struct buf *output;        /* stdout; may be taken */
  struct span stderr_tail;   /* last LIMIT_STDERR_TAIL_BYTES */
  const struct fault *fault; /* NULL: it ran to its end (whatever the status) */
};
typedef void helper_command_done(void *who, struct helper_command_end *end);

struct helper_command *helper_command_start(struct uv_loop_s *loop,
                                            const struct helper_command_setup *setup,
                                            helper_command_done *on_done, void *who,
                                            struct fault *f);
void helper_command_cancel(struct helper_command *c);

#endif
