/* SPDX-License-Identifier: MIT */
#include "event/seen_ids.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

/* The entry of this hash, or the free place where it would stand.  room > 0. */
static struct seen_entry *place_of(const struct seen *s, uint64_t hash)
{
  size_t i = (size_t)hash & (s->room - 1);
  while (s->at[i].hash != 0 && s->at[i].hash != hash)
    i = (i + 1) & (s->room - 1);
  return &s->at[i];
}

static void grow(struct seen *s)
{
  struct seen bigger = {.room = s->room == 0 ? 64 : s->room * 2, .count = s->count};
  bigger.at = mem_new(bigger.room * sizeof *bigger.at);
  for (size_t i = 0; i < s->room; i++)
    if (s->at[i].hash != 0)
      *place_of(&bigger, s->at[i].hash) = s->at[i];
  free(s->at);
  *s = bigger;
}

unsigned seen_add(struct seen *s, struct span id)
{
  uint64_t hash = span_hash(id);
  if (s->count * 2 >= s->room && s->room < 2 * LIMIT_SEEN_IDS)
    grow(s);
  struct seen_entry *entry = place_of(s, hash);
  if (entry->hash == 0) {
    if (s->count >= LIMIT_SEEN_IDS)
      return SEEN_FULL;
    entry->hash = hash;
    s->count++;
  }
  return entry->times++;
}

bool seen_has(const struct seen *s, struct span id)
{
  return s->room > 0 && place_of(s, span_hash(id))->hash != 0;
}

void seen_free(struct seen *s)
{
  free(s->at);
  *s = (struct seen){0};
}
