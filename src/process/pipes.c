/* SPDX-License-Identifier: MIT */
/* pipes.c - the kernel widens a pipe up to /proc/sys/fs/pipe-max-size and the user's
 * quota; a refusal is no fault, the pipe is only narrower. */
#include "pipes.h"

#include "base/limits.h"
#include "io/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void pipes_close(int ends[PIPES])
{
  for (int i = 0; i < PIPES; i++) {
    if (ends[i] >= 0)
      close(ends[i]);
    ends[i] = -1;
  }
}

int pipes_open(struct pipes *p, struct fault *f)
{
  for (int i = 0; i < PIPES; i++)
    p->ours[i] = p->theirs[i] = -1;
  for (int i = 0; i < PIPES; i++) {
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) < 0) {
      int os = -errno;
      pipes_close(p->ours);
      pipes_close(p->theirs);
      return fault_system(f, os, "cannot make a pipe for the agent");
    }
    p->ours[i] = pair[i == PIPES_IN ? 1 : 0];
    p->theirs[i] = pair[i == PIPES_IN ? 0 : 1];
    (void)fcntl(pair[0], F_SETPIPE_SZ, (int)LIMIT_PIPE_BYTES); /* the quota may say no */
    if (descriptors_is_spare(pair[0]) || descriptors_is_spare(pair[1])) {
      pipes_close(p->ours);
      pipes_close(p->theirs);
      return fault_system(f, -EMFILE, "cannot make a pipe for the agent");
    }
  }
  return 0;
}
