/* SPDX-License-Identifier: MIT */
/* changed.h - the files that a run has changed, for one line at its end.  Pure.
 *
 * What the watch of the workspace tells (sandbox.file) goes before what the agent tells
 * of its own edits (file.changed): its paths are others, and it has them all.  */
#ifndef EVENT_CHANGED_H
#define EVENT_CHANGED_H

#include "event/event_format.h"

enum { CHANGED_BYTES = 1200 };

struct changed {      /* zero at first; owns nothing */
  bool watched;       /* by the watch of the workspace */
  unsigned long more; /* files that had no room */
  size_t len;
  char text[CHANGED_BYTES]; /* of each: n (new), c or d (deleted), the path, a newline */
};

/* An event of another kind says nothing. */
void changed_note(struct changed *c, const struct event *e);
/* "a.txt (new), b.txt, c.txt (deleted)"; nothing if there are none. */
void changed_put(const struct changed *c, struct buf *out);

#endif
