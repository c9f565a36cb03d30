/* SPDX-License-Identifier: MIT */
/* recording.h - what an agent says, line by line into a file, as `runlet translate` reads
 * it (--record).
 *
 * The file is ours alone (mode 600): an agent may print what is secret.  A write that
 * fails is told once in the log, and ends the recording, not the run.  */
#ifndef DOOR_RECORDING_H
#define DOOR_RECORDING_H

#include "base/buf.h"
#include "base/fault.h"

struct recording {
  int fd; /* -1: none */
  const char *file;
};

/* An existing file is overwritten.  `file` NULL: there is none. */
int recording_open(struct recording *r, const char *file, struct fault *f);
void recording_add(void *recording, struct span line); /* with its newline */
void recording_close(struct recording *r);

#endif
