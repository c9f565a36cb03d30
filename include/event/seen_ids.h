/* SPDX-License-Identifier: MIT */
/* seen_ids.h - which ids were seen in a run, and a number for each: how often, unless the
 * owner gives it another meaning.
 *
 * It keeps 64-bit hashes, not the ids: 16 bytes each however long they are, at most
 * LIMIT_SEEN_IDS of them.  A zeroed struct is empty and ready.  */
#ifndef EVENT_SEEN_IDS_H
#define EVENT_SEEN_IDS_H

#include "base/buf.h"

#include <stdint.h>

struct seen_ids_entry {
  uint64_t hash; /* 0: a free place */
  unsigned number;
};

struct seen_ids {
  struct seen_ids_entry *at;
  size_t count, capacity;    /* capacity: a power of two, at least twice count */
  unsigned long long probes; /* places looked at so far: what all of it has cost */
};

/* How often `id` was added before; it is added once more.  When the table is full a new
 * id is not kept and the answer is SEEN_IDS_FULL. */
#define SEEN_IDS_FULL (~0u)
unsigned seen_ids_add(struct seen_ids *s, struct span id);
bool seen_ids_has(struct seen_ids *s, struct span id);
unsigned seen_ids_times(struct seen_ids *s, struct span id); /* added so far */
/* The number of `id`, which is kept from now on; 0 if it was not.  NULL: the table is
 * full and the id not in it.  Good until the next call. */
unsigned *seen_ids_number(struct seen_ids *s, struct span id);
void seen_ids_free(struct seen_ids *s);

#endif
