/* SPDX-License-Identifier: MIT */
/* text_growth.h - texts an agent tells whole again each time they have grown: what is new.
 *
 * New is what lies beyond the length told before, whatever stands in front of it (the
 * reference looks at the length alone), from a character border on.  The last
 * GROWING_TEXTS texts are remembered; one that is forgotten counts as new.  A zeroed
 * struct is empty and ready.  */
#ifndef AGENT_TEXT_GROWTH_H
#define AGENT_TEXT_GROWTH_H

#include "base/buf.h"

enum { GROWING_TEXTS = 32 };

struct growing {
  struct growing_text {
    struct buf id;
    size_t told;
  } texts[GROWING_TEXTS];
  unsigned used, oldest; /* a ring */
};

bool growing_knows(const struct growing *g, struct span id);
/* Points into `whole`. */
struct span growing_more(struct growing *g, struct span id, struct span whole);
void growing_free(struct growing *g);

#endif
