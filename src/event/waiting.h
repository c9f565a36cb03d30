/* SPDX-License-Identifier: MIT */
/* waiting.h - what a run is waiting for, and since when, as its events tell it.  Pure. */
#ifndef EVENT_WAITING_H
#define EVENT_WAITING_H

#include "event/event_format.h"

enum { WAITING_NAME_BYTES = 48 };

struct waiting { /* zero at first; owns nothing */
  long long since_ms;
  unsigned calls;                /* without a result */
  uint64_t call;                 /* the last of them, a hash … */
  char name[WAITING_NAME_BYTES]; /* … and its tool, or a step of the setup; "": none */
  bool setup, started, again;    /* again: the agent asks its model once more */
};

void waiting_note(struct waiting *w, const struct event *e);
/* "waiting for getTime, 12 s" */
void waiting_put(const struct waiting *w, struct span model, long long now_ms,
                 struct buf *out);

#endif
