/* SPDX-License-Identifier: MIT */
/* mem.c - the one place that aborts.  The message is written without allocating. */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void mem_exhausted(void)
{
  static const char line[] = "runlet: out of memory\n";
  /* The process is about to die: a short or failed write changes nothing. */
  ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
  (void)ignored;
  abort();
}

void *mem_new(size_t size)
{
  void *at = calloc(1, size > 0 ? size : 1);
  if (!at)
    mem_exhausted();
  return at;
}

void *mem_resize(void *old, size_t size)
{
  void *at = realloc(old, size > 0 ? size : 1);
  if (!at)
    mem_exhausted();
  return at;
}

void *mem_reserve(void *at, size_t count, size_t *capacity, size_t element)
{
  if (count < *capacity)
    return at;
  size_t wanted = *capacity < 8 ? 8 : *capacity;
  size_t bytes;
  if (__builtin_mul_overflow(wanted, (size_t)2, &wanted) ||
      __builtin_mul_overflow(wanted, element, &bytes))
    mem_exhausted();
  *capacity = wanted;
  return mem_resize(at, bytes);
}

void mem_wipe(void *at, size_t len)
{
  if (at && len > 0)
    explicit_bzero(at, len);
}
