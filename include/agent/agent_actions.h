/* SPDX-License-Identifier: MIT */
/* agent_actions.h - how a harness speaks: to the orchestrator by events, to its agent by the
 * outbox.
 *
 * A harness hears and says, it never does: it has no descriptor, no loop and no socket.
 * What it wants done to its agent it puts into the outbox, and the run carries it out
 * after the call (run/run.c): stdin by io/child, HTTP by run/link.  All is copied.  */
#ifndef AGENT_AGENT_ACTIONS_H
#define AGENT_AGENT_ACTIONS_H

#include "base/buf.h"
#include "event/event.h"

struct ear_call { /* one HTTP request to the agent's own server */
  const char *method;
  struct span url;           /* http://127.0.0.1:…, else it is heard as refused */
  struct span authorization; /* the header's value; empty: none */
  struct span body;          /* JSON; empty: none */
};

struct outbox_call { /* an ear_call that waits */
  int tag;
  bool stream;
  char *method, *url, *authorization; /* authorization may be NULL */
  struct buf body;
};

struct outbox {     /* filled by the calls below, emptied by the run */
  struct buf input; /* bytes for the agent's stdin (INPUT_DIALOGUE only) */
  struct outbox_call *calls;
  size_t call_count, call_room;
  bool hang_up;   /* the turn is done: stdin ends, and the ending may begin */
  bool dismissed; /* … at once */
  bool heartbeat; /* what was heard was no sign of life */
};
struct outbox outbox_make(void);
void outbox_clear(struct outbox *o); /* the input and the calls */
void outbox_free(struct outbox *o);

struct ear {
  struct events *events; /* to the orchestrator */
  struct outbox *outbox; /* to the agent */
};
void ear_write(struct ear *e, struct span bytes);
/* One HEARD_ANSWER with this tag comes back, whatever happens. */
void ear_ask(struct ear *e, int tag, const struct ear_call *call);
/* An event stream (SSE): HEARD_STREAM with this tag and status 200 for each event, and
 * one with another status when it is over. */
void ear_follow(struct ear *e, int tag, const struct ear_call *call);
/* The agent's success or error record has been heard.  From now on it has
 * LIMIT_RESULT_GRACE_MS to exit by itself; lines that still come are heard as usual. */
void ear_hang_up(struct ear *e);
/* The same of an agent that is a server and would never exit: it is ended now, and that
 * says nothing against a success. */
void ear_dismiss(struct ear *e);
/* What was heard just now came from a clock: idleMs goes on counting. */
void ear_heartbeat(struct ear *e);

#endif
