/* SPDX-License-Identifier: MIT */
/* ongoing.h - which runs are going on, for whoever comes after we were killed.
 *
 * Nobody is told of the end of a run whose runner dies with it (SIGKILL; a container
 * whose memory.oom.group is 1).  So each run is noted in a file of the state folder that
 * is locked for our life; the next service finds those whose runner is gone, tells them,
 * and removes them.  The file is made by the first run and goes with the service.  A note
 * that cannot be written is none: the run goes on without.  These calls block; they are
 * short.  */
#ifndef SERVICE_ONGOING_H
#define SERVICE_ONGOING_H

#include "base/buf.h"

struct ongoing;

struct ongoing_run { /* borrowed */
  struct span id, thread, harness, model;
  long long began_at; /* epoch ms */
};

struct ongoing *ongoing_new(const char *state); /* which outlives it */
void ongoing_free(struct ongoing *o);
/* The number to forget it by; 0: there is no note. */
unsigned ongoing_note(struct ongoing *o, const struct ongoing_run *run);
void ongoing_forget(struct ongoing *o, unsigned number);
/* Those of dead runners, once: they are removed. */
void ongoing_take_lost(const char *state,
                       void (*each)(void *who, const struct ongoing_run *run), void *who);

#endif
