/* SPDX-License-Identifier: MIT */
/* seen_ids.c - a hash table of hashes alone: ids may be long and there may be many, and
 * the worst that two ids of one 64-bit hash do is that the later one gets a "-2".  */
#include "event/seen_ids.h"

#include "base/keyed_hash.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

/* The entry of this hash, or the free place where it would stand.  capacity > 0. */
static struct seen_ids_entry *place_of(struct seen_ids *s, uint64_t hash)
{
  size_t i = (size_t)hash & (s->capacity - 1);
  for (s->probes++; s->at[i].hash != 0 && s->at[i].hash != hash; s->probes++)
    i = (i + 1) & (s->capacity - 1);
  return &s->at[i];
}

static void grow(struct seen_ids *s)
{
  struct seen_ids bigger = {.capacity = s->capacity == 0 ? 64 : s->capacity * 2,
                            .count = s->count,
                            .probes = s->probes};
  bigger.at = mem_new(bigger.capacity * sizeof *bigger.at);
  for (size_t i = 0; i < s->capacity; i++)
    if (s->at[i].hash != 0)
      *place_of(&bigger, s->at[i].hash) = s->at[i];
  free(s->at);
  *s = bigger;
}

unsigned *seen_ids_number(struct seen_ids *s, struct span id)
{
  uint64_t hash = keyed_hash(id);
  if (s->count * 2 >= s->capacity && s->capacity < 2 * LIMIT_SEEN_IDS)
    grow(s);
  struct seen_ids_entry *entry = place_of(s, hash);
  if (entry->hash == 0) {
    if (s->count >= LIMIT_SEEN_IDS)
      return NULL;
    entry->hash = hash;
    s->count++;
  }
  return &entry->number;
}

unsigned seen_ids_add(struct seen_ids *s, struct span id)
{
  unsigned *number = seen_ids_number(s, id);
  return number ? (*number)++ : SEEN_IDS_FULL;
}

unsigned seen_ids_times(struct seen_ids *s, struct span id)
{
  return s->capacity > 0 ? place_of(s, keyed_hash(id))->number : 0;
}

bool seen_ids_has(struct seen_ids *s, struct span id)
{
  return s->capacity > 0 && place_of(s, keyed_hash(id))->hash != 0;
}

void seen_ids_free(struct seen_ids *s)
{
  free(s->at);
  *s = (struct seen_ids){0};
}
