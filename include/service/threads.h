/* SPDX-License-Identifier: MIT */
/* threads.h - which session of its agent a thread went on in, so that a client who knows
 * only its thread goes on there.  Pure.
 *
 * Of each thread and harness the session that was noted last, of the LIMIT_THREADS that
 * were noted or asked for most recently.  It is kept in memory: after a restart nothing
 * is known.  */
#ifndef SERVICE_THREADS_H
#define SERVICE_THREADS_H

#include "base/buf.h"

struct threads {
  struct thread *at;
  size_t count, capacity;
  unsigned long long clock;
};

/* No session: what was known is forgotten. */
void threads_note(struct threads *t, struct span thread, struct span harness,
                  struct span session);
/* Empty: none is known.  Lent until the next note. */
struct span threads_session(struct threads *t, struct span thread, struct span harness);
void threads_free(struct threads *t);

#endif
