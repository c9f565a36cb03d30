/* SPDX-License-Identifier: MIT */
/* fd_reader.h - lines of a pipe, socket or terminal that somebody else has opened for us.
 *
 * A line above the ceiling is reported and skipped, as in io/lines.h.  The descriptor
 * stays the caller's: it is not closed, and is afterwards as it was but for
 * close-on-exec.  */
#ifndef IO_FD_READER_H
#define IO_FD_READER_H

#include "base/fault.h"
#include "io/lines.h"

struct uv_loop_s;
struct fd_reader;

/* `calls` is borrowed for as long; its is_enough is not asked.  A fault: `fd` is not
 * open, or a file. */
struct fd_reader *fd_reader_open(struct uv_loop_s *loop, int fd, size_t ceiling,
                                 const struct lines_calls *calls, void *who,
                                 struct fault *f);
/* No call comes any more; NULL is fine.  From inside a call too. */
void fd_reader_close(struct fd_reader *r);

#endif
