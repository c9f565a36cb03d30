/* SPDX-License-Identifier: MIT */
/* fd_writer.h - writing to a descriptor that is ours for good: stdout.
 *
 * Bytes written within one turn of the loop leave together.  A pipe, a socket or a
 * terminal is written without blocking; a file is written at once.  The mode of `fd`
 * itself is left as it is where it can be opened once more; else it is changed until the
 * end: what shares it (stdin) is best read before.  `on_gone` comes once when nobody
 * reads any more, also while there is nothing to write (a file's reader is never gone).
 * A writer that has nothing to write keeps no loop alive.  fd_writer_end() flushes at
 * most `flush_ms`, then calls `ended`, once, on a later turn, and frees the writer. */
#ifndef IO_FD_WRITER_H
#define IO_FD_WRITER_H

#include "base/buf.h"
#include "base/fault.h"

struct uv_loop_s;
struct fd_writer;

struct fd_writer *fd_writer_open(struct uv_loop_s *loop, int fd,
                                 void (*on_drain)(void *who), void (*on_gone)(void *who),
                                 void *who, struct fault *f);
size_t fd_writer_put(struct fd_writer *w, struct span bytes); /* the backlog */
void fd_writer_end(struct fd_writer *w, unsigned flush_ms, void (*ended)(void *who),
                   void *who);

#endif
