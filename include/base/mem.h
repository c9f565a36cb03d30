/* SPDX-License-Identifier: MIT */
/* mem.h - memory that is there, or the process is not.
 *
 * Nobody above can do anything sensible when a few bytes are missing, so exhaustion
 * aborts with one line on stderr, here and nowhere else.  Big things are bounded by
 * ceilings long before (limits.h).  Release with free().  */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_new(size_t size);               /* zeroed */
void *mem_resize(void *old, size_t size); /* like realloc; size > 0 */
/* Makes sure that one more element fits: doubles `*capacity` when the array is full.
 *   v->at = mem_reserve(v->at, v->count, &v->capacity, sizeof *v->at); */
void *mem_reserve(void *at, size_t count, size_t *capacity, size_t element);
void mem_wipe(void *at, size_t len); /* zeroes what the compiler may not leave out */

#endif
