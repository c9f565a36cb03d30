/* SPDX-License-Identifier: MIT */
/* memory.h - what was done in a workspace, remembered over runs and restarts.
 *
 * One file a workspace folder, named by a hash of its path, in a private folder of ours.
 * It is locked (flock) while a workspace is filled, and says for which thread and which
 * wishes that was done: as a hash (SHA-256), for a wish may hold a secret.  These calls
 * block; they are short.
 *
 * Two things are remembered apart: that the workspace was filled, and that its skills and
 * plugins were brought to an agent.  */
#ifndef WORKSPACE_MEMORY_H
#define WORKSPACE_MEMORY_H

#include "base/fault.h"
#include "request/run_request.h"

/* The descriptor of the locked file; the folder is made if it is not there.
 * FAULT_CONFLICT: another process fills it. */
int memory_open(const char *memory, const char *folder, struct fault *f);
enum { MEMORY_FILLED = 1, MEMORY_SKILLS = 2 };

struct memory_wishes {
  const struct run_request *req;
  const char *folder;
  const char *agent; /* whose skills they are; NULL: nobody's */
};

/* What of the same was done before: MEMORY_… */
unsigned memory_knows(int fd, const struct memory_wishes *wishes);
int memory_note(int fd, const struct memory_wishes *wishes, unsigned done,
                struct fault *f);

#endif
