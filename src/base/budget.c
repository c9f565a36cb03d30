/* SPDX-License-Identifier: MIT */
/* budget.c - a count.  Once over it stays over: the run is at its end. */
#include "base/budget.h"

#include "base/mem.h"

#include <stdlib.h>

struct budget {
  size_t most, used;
  bool over, released;
  void (*on_over)(void *who);
  void *who;
};

static struct budget *entered;

struct budget *budget_new(size_t most, void (*on_over)(void *who), void *who)
{
  struct budget *b = mem_new(sizeof *b);
  *b = (struct budget){.most = most, .on_over = on_over, .who = who};
  return b;
}

static void free_if_done(struct budget *b)
{
  if (b->released && b->used == 0)
    free(b);
}

void budget_release(struct budget *b)
{
  if (!b)
    return;
  b->released = true;
  b->on_over = NULL;
  free_if_done(b);
}

bool budget_take(struct budget *b, size_t bytes)
{
  if (bytes <= b->most && b->used <= b->most - bytes && !b->over) {
    b->used += bytes;
    return true;
  }
  void (*on_over)(void *who) = b->over ? NULL : b->on_over;
  b->over = true;
  if (on_over)
    on_over(b->who);
  return false;
}

void budget_give(struct budget *b, size_t bytes)
{
  b->used -= bytes;
  free_if_done(b);
}

size_t budget_used(const struct budget *b)
{
  return b->used;
}

bool budget_is_over(const struct budget *b)
{
  return b->over;
}

struct budget *budget_enter(struct budget *b)
{
  struct budget *before = entered;
  entered = b;
  return before;
}

struct budget *budget_entered(void)
{
  return entered;
}
