/* SPDX-License-Identifier: MIT */
/* ear.h - how a harness speaks: to the orchestrator by events, to its agent by the
 * outbox.
 *
 * A harness hears and says, it never does: it has no descriptor, no loop and no socket.
 * What it wants done to its agent it puts into the outbox, and the run carries it out
 * after the call (run/run.c).  The first harness whose agent speaks HTTP brings ear_ask()
 * and ear_follow() with it; until then stdin and hanging up is all there is.  */
#ifndef AGENT_EAR_H
#define AGENT_EAR_H

#include "base/buf.h"
#include "event/event.h"

struct outbox {     /* filled by the calls below, emptied by the run */
  struct buf input; /* bytes for the agent's stdin (INPUT_DIALOGUE only) */
  bool hang_up;     /* the turn is done: stdin ends, and the ending may begin */
};
struct outbox outbox_make(void);
void outbox_free(struct outbox *o);

struct ear {
  struct events *events; /* to the orchestrator */
  struct outbox *outbox; /* to the agent */
};
void ear_write(struct ear *e, struct span bytes);
/* The agent's success or error record has been heard.  From now on it has
 * LIMIT_RESULT_GRACE_MS to exit by itself; lines that still come are heard as usual. */
void ear_hang_up(struct ear *e);

#endif
