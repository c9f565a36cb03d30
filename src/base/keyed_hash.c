/* SPDX-License-Identifier: MIT */
/* keyed_hash.c - the reference's rounds (J.-P. Aumasson, D. J. Bernstein, "SipHash"). */
#include "base/keyed_hash.h"

#include <string.h>
#include <sys/auxv.h>

static uint64_t own_key[2];

/* The kernel has put 16 random bytes into each process: no system call, no failure. */
static void draw_key(void)
{
  const void *random = (const void *)getauxval(AT_RANDOM);
  if (random)
    memcpy(own_key, random, sizeof own_key);
  own_key[0] ^= 0x9e3779b97f4a7c15u; /* what protects the stack is another's use of it */
  own_key[1] |= 1;
}

static uint64_t turn(uint64_t x, unsigned n)
{
  return x << n | x >> (64 - n);
}

static void mix(uint64_t v[4], unsigned rounds)
{
  for (unsigned i = 0; i < rounds; i++) {
    v[0] += v[1];
    v[1] = turn(v[1], 13) ^ v[0];
    v[0] = turn(v[0], 32);
    v[2] += v[3];
    v[3] = turn(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = turn(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = turn(v[1], 17) ^ v[2];
    v[2] = turn(v[2], 32);
  }
}

static void take(uint64_t v[4], uint64_t word)
{
  v[3] ^= word;
  mix(v, 1);
  v[0] ^= word;
}

uint64_t keyed_hash_by(const uint64_t key[2], struct span text)
{
  uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                   key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
  uint64_t last = (uint64_t)text.len << 56, word;
  for (; text.len >= sizeof word; text = span_after(text, sizeof word)) {
    memcpy(&word, text.at, sizeof word);
    take(v, word);
  }
  for (size_t i = 0; i < text.len; i++)
    last |= (uint64_t)(unsigned char)text.at[i] << 8 * i;
  take(v, last);
  v[2] ^= 0xff;
  mix(v, 3);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t keyed_hash(struct span text)
{
  if (own_key[1] == 0)
    draw_key();
  uint64_t hash = keyed_hash_by(own_key, text);
  return hash != 0 ? hash : 1;
}
