/* SPDX-License-Identifier: MIT */
/* arena.c - one block to begin with, kept over arena_give(); further ones double in size
 * and are released.  Blocks above MAP_FROM_BYTES are mapped by us: glibc's malloc raises
 * its own threshold with each big free() and then keeps tens of megabytes on its heap. */
#include "base/arena.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Under ASan what was not handed out is poisoned, so that reading past the end of a piece
 * is found as if each were a malloc of its own.  The macros are empty elsewhere. */
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

enum { FIRST_BYTES = 32 * KIB, MAP_FROM_BYTES = 256 * KIB, FREE_LIST_MOST = 16 };

struct block {
  struct block *before;
  size_t size; /* of the whole, this head included */
  alignas(max_align_t) char at[];
};

struct arena {
  struct block *last; /* the one being filled; `first` is at the end of the chain */
  char *next, *end;   /* what is free in `last` */
  struct arena *next_free;
};

static struct arena *free_list;
static size_t free_count;

static size_t round_up(size_t n)
{
  return (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

static void arena_use(struct arena *a, struct block *b)
{
  a->last = b;
  a->next = b->at;
  a->end = (char *)b + b->size;
  ASAN_POISON_MEMORY_REGION(b->at, (size_t)(a->end - a->next));
}

static struct block *block_new(size_t size, struct block *before)
{
  struct block *b;
  if (size >= MAP_FROM_BYTES) {
    b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED) /* mem_resize() aborts, with the message all others have */
      b = mem_resize(NULL, SIZE_MAX / 2);
  } else {
    b = mem_resize(NULL, size);
  }
  b->before = before;
  b->size = size;
  return b;
}

static void block_free(struct block *b)
{
  ASAN_UNPOISON_MEMORY_REGION(b, b->size);
  if (b->size >= MAP_FROM_BYTES)
    (void)munmap(b, b->size); /* it fails for bad arguments only */
  else
    free(b);
}

struct arena *arena_take(void)
{
  struct arena *a = free_list;
  if (a) {
    free_list = a->next_free;
    free_count--;
    a->next_free = NULL;
    return a;
  }
  a = mem_new(sizeof *a);
  arena_use(a, block_new(FIRST_BYTES, NULL));
  return a;
}

void arena_give(struct arena *a)
{
  if (!a)
    return;
  while (a->last->before) {
    struct block *before = a->last->before;
    block_free(a->last);
    a->last = before;
  }
  if (free_count >= FREE_LIST_MOST) {
    block_free(a->last);
    free(a);
    return;
  }
  arena_use(a, a->last);
  a->next_free = free_list;
  free_list = a;
  free_count++;
}

void *arena_new(struct arena *a, size_t size)
{
  size_t whole = round_up(size > 0 ? size : 1);
  /* So much memory there is not: block_new() aborts. */
  if (whole < size || whole > SIZE_MAX / 4)
    whole = SIZE_MAX / 4;
  if (whole > (size_t)(a->end - a->next)) {
    size_t wanted = a->last->size * 2;
    /* Doubling further would only waste: a big piece gets a block of its own size. */
    if (wanted > MIB)
      wanted = MIB;
    if (wanted < sizeof(struct block) + whole)
      wanted = sizeof(struct block) + whole;
    arena_use(a, block_new(wanted, a->last));
  }
  void *at = a->next;
  a->next += whole;
  ASAN_UNPOISON_MEMORY_REGION(at, size);
  return at;
}

void *arena_copy(struct arena *a, struct span s)
{
  char *copy = arena_new(a, s.len + 1);
  if (s.len > 0)
    memcpy(copy, s.at, s.len);
  copy[s.len] = 0;
  return copy;
}

void arena_wipe(struct arena *a)
{
  /* Earlier blocks are wiped whole: where each was filled to is not remembered. */
  for (struct block *b = a->last; b; b = b->before) {
    char *end = b == a->last ? a->next : (char *)b + b->size;
    ASAN_UNPOISON_MEMORY_REGION(b->at, (size_t)(end - b->at));
    mem_wipe(b->at, (size_t)(end - b->at));
  }
}

void arena_forget_all(void)
{
  while (free_list) {
    struct arena *a = free_list;
    free_list = a->next_free;
    block_free(a->last);
    free(a);
  }
  free_count = 0;
}
