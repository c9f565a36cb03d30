/* SPDX-License-Identifier: MIT */
/* pipes.h - the three standard streams of a process we start, as real pipes.
 *
 * libuv's own are socketpairs, which some agents cannot open again as /dev/stdin.  Each
 * is close-on-exec and LIMIT_PIPE_BYTES wide where the user's quota allows.  Not made, or
 * handed on: -1.  */
#ifndef PROCESS_PIPES_H
#define PROCESS_PIPES_H

#include "base/fault.h"

enum { PIPES_IN, PIPES_OUT, PIPES_ERR, PIPES };

struct pipes {
  int ours[PIPES];   /* we write to IN and read from OUT and ERR */
  int theirs[PIPES]; /* what the process gets as 0, 1, 2 */
};

/* All or none. */
int pipes_open(struct pipes *p, struct fault *f);
void pipes_close(int ends[PIPES]); /* closes what is not -1, and sets it to -1 */

#endif
