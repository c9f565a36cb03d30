/* SPDX-License-Identifier: MIT */
/* arena.h - bump memory for things that die together, such as one parsed document.
 *
 * An arena is taken from a small process-wide free list and given back: musl's malloc
 * costs ten times glibc's for many small blocks, and one line of an agent's output makes
 * hundreds.  Memory from it is valid until arena_give(); nothing of it outlives the line
 * it was made for.  Pages above a modest size go back to the system on arena_give().  */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/buf.h"

struct arena;

struct arena *arena_take(void);
void arena_give(struct arena *a);                 /* NULL is fine */
void *arena_new(struct arena *a, size_t size);    /* aligned for any type; not zeroed */
void *arena_copy(struct arena *a, struct span s); /* NUL-ended copy */
void arena_wipe(struct arena *a); /* zeroes what was handed out, before arena_give() */
void arena_forget_all(void);      /* empties the free list (end of main, leak checkers) */

#endif
