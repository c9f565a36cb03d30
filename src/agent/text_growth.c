/* SPDX-License-Identifier: MIT */
/* text_growth.c - a small ring of texts that still grow.  An agent works at few at a
 * time, so a search through all of them is cheaper than a table.  */
#include "agent/text_growth.h"

#include "base/limits.h"

/* The place of a text in the ring; `used`: it is not there. */
static unsigned place_of(const struct text_growth *g, struct span id)
{
  unsigned i = 0;
  while (i < g->used && !span_equal(buf_span(&g->texts[i].id), id))
    i++;
  return i;
}

bool text_growth_knows(const struct text_growth *g, struct span id)
{
  return place_of(g, id) < g->used;
}

static struct text_growth_text *remember(struct text_growth *g, struct span id)
{
  unsigned i = g->used < TEXT_GROWTH_TEXTS ? g->used++ : g->oldest;
  struct text_growth_text *t = &g->texts[i];
  g->oldest = (i + 1) % TEXT_GROWTH_TEXTS;
  if (t->id.ceiling == 0)
    t->id = buf_make_kept(LIMIT_LINE_BYTES);
  buf_clear(&t->id);
  buf_add(&t->id, id);
  t->told = 0;
  return t;
}

struct span text_growth_more(struct text_growth *g, struct span id, struct span whole)
{
  unsigned i = place_of(g, id);
  struct text_growth_text *t = i < g->used ? &g->texts[i] : remember(g, id);
  if (whole.len <= t->told)
    return (struct span){0};
  struct span more = span_after(whole, t->told);
  while (more.len > 0 && ((unsigned char)more.at[0] & 0xc0) == 0x80)
    more = span_after(more, 1);
  t->told = whole.len;
  return more;
}

/* Its place stays, under no id. */
void text_growth_forget(struct text_growth *g, struct span id)
{
  unsigned i = place_of(g, id);
  if (i < g->used)
    buf_clear(&g->texts[i].id);
}

void text_growth_free(struct text_growth *g)
{
  for (unsigned i = 0; i < g->used; i++)
    buf_free(&g->texts[i].id);
  g->used = g->oldest = 0;
}
