/* SPDX-License-Identifier: MIT */
/* text_growth.h - what is new of a text that an agent tells whole each time it has grown.
 *
 * New is what lies beyond the length told before, whatever stands in front of it
 * (TanStack's adapter looks at the length alone), from a character border on.  The last
 * TEXT_GROWTH_TEXTS texts are remembered; one that is forgotten counts as new.  A zeroed
 * struct is empty and ready.  */
#ifndef AGENT_TEXT_GROWTH_H
#define AGENT_TEXT_GROWTH_H

#include "base/buf.h"

enum { TEXT_GROWTH_TEXTS = 32 };

struct text_growth {
  struct text_growth_text {
    struct buf id;
    size_t told;
  } texts[TEXT_GROWTH_TEXTS];
  unsigned used, oldest; /* a ring */
};

bool text_growth_knows(const struct text_growth *g, struct span id);
/* Points into `whole`. */
struct span text_growth_more(struct text_growth *g, struct span id, struct span whole);
/* The text is whole: one that comes under its id is another. */
void text_growth_forget(struct text_growth *g, struct span id);
void text_growth_free(struct text_growth *g);

#endif
