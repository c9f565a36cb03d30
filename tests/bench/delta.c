/* SPDX-License-Identifier: MIT */
#include "delta.h"

#include <stdio.h>

void delta_write(char *to, unsigned long i, size_t size)
{
  int len = snprintf(to, DELTA_MOST + 1, "%07lu ", i);

  for (size_t at = (size_t)len; at < size; at++)
    to[at] = (char)('a' + (at + i) % 26);
  to[size] = '\0';
}

uint64_t delta_hash(uint64_t hash, const char *text, size_t len)
{
  if (hash == 0)
    hash = 14695981039346656037u;
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
  return hash;
}
