/* SPDX-License-Identifier: MIT */
/* delta.h - what the agent and the reader agree on: the text of the delta number i, so
 * that a lost, doubled, swapped or changed one is seen, and the hash over all of them. */
#ifndef BENCH_DELTA_H
#define BENCH_DELTA_H

#include <stddef.h>
#include <stdint.h>

enum { DELTA_MOST = 4096 };

/* Writes `size` bytes (8..DELTA_MOST) and a NUL: the ordinal, then letters. */
void delta_write(char *to, unsigned long i, size_t size);
uint64_t delta_hash(uint64_t hash, const char *text, size_t len); /* FNV-1a; 0 begins */

#endif
