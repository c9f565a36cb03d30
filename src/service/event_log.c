/* SPDX-License-Identifier: MIT */
/* event_log.c - a list of blocks that grows at one end and is dropped at the other.
 *
 * The memory of the last block that left is kept for the next one: a log at its ceiling
 * allocates nothing.  */
#include "event_log.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct event_log event_log_make(size_t ceiling)
{
  return (struct event_log){.ceiling = ceiling, .next = 1};
}

void event_log_free(struct event_log *l)
{
  for (size_t i = 0; i < l->count; i++)
    buf_free(&l->at[l->first + i].bytes);
  free(l->at);
  buf_free(&l->spare);
  *l = event_log_make(l->ceiling);
}

static struct event_log_block *block(const struct event_log *l, size_t index)
{
  return index < l->count ? &l->at[l->first + index] : NULL;
}

/* A long line gets a block that is just as long, and the memory of the last one that left
 * goes to a block of the usual size. */
static struct event_log_block *new_block(struct event_log *l, size_t line)
{
  if (l->first > l->capacity / 2) { /* forgotten blocks lie in front: close up */
    memmove(l->at, l->at + l->first, l->count * sizeof *l->at);
    l->first = 0;
  }
  l->at = mem_reserve(l->at, l->first + l->count, &l->capacity, sizeof *l->at);
  struct event_log_block *b = &l->at[l->first + l->count++];
  *b = (struct event_log_block){.seq = l->next, .start = l->end};
  if (line > LIMIT_LOG_BLOCK_BYTES) {
    b->bytes = buf_make(line);
  } else if (l->spare.capacity > 0) {
    b->bytes = buf_take(&l->spare);
  } else {
    b->bytes = buf_make(LIMIT_LOG_BLOCK_BYTES);
    if (l->count > 1) /* no small run: it will be filled */
      (void)buf_reserve(&b->bytes, LIMIT_LOG_BLOCK_BYTES);
  }
  return b;
}

/* A line never spans two blocks. */
void event_log_add(struct event_log *l, struct span line)
{
  struct event_log_block *b = l->count > l->away ? block(l, l->count - 1) : NULL;
  if (!b || b->len + line.len > LIMIT_LOG_BLOCK_BYTES)
    b = new_block(l, line.len);
  buf_add(&b->bytes, line);
  b->len = b->bytes.len;
  b->lines++;
  l->next++;
  l->end += line.len;
  l->memory += line.len;
}

const struct event_log_block *event_log_excess(const struct event_log *l)
{
  if (l->memory <= l->ceiling || l->count - l->away < 2)
    return NULL;
  return block(l, l->away);
}

const struct event_log_block *event_log_oldest_here(const struct event_log *l)
{
  return block(l, l->away);
}

const struct event_log_block *event_log_oldest(const struct event_log *l)
{
  return block(l, 0);
}

/* The block leaves memory; its place in the list stays. */
static void release(struct event_log *l, struct event_log_block *b)
{
  l->memory -= b->len;
  if (l->spare.capacity == 0 && b->bytes.ceiling == LIMIT_LOG_BLOCK_BYTES) {
    l->spare = buf_take(&b->bytes);
    buf_clear(&l->spare);
  } else {
    buf_free(&b->bytes);
  }
}

void event_log_put_away(struct event_log *l, unsigned long long place)
{
  struct event_log_block *b = block(l, l->away);
  release(l, b);
  b->away = true;
  b->place = place;
  l->away++;
}

void event_log_drop(struct event_log *l)
{
  struct event_log_block *b = block(l, 0);
  if (b->away)
    l->away--;
  else
    release(l, b);
  l->first++;
  l->count--;
}

const struct event_log_block *event_log_find(const struct event_log *l,
                                             unsigned long long seq)
{
  size_t low = 0, high = l->count;
  if (seq >= l->next)
    return NULL;
  /* where those who keep up look */
  if (l->count > 0 && seq >= block(l, l->count - 1)->seq)
    return block(l, l->count - 1);
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct event_log_block *b = block(l, middle);
    if (seq < b->seq)
      high = middle;
    else if (seq >= b->seq + b->lines)
      low = middle + 1;
    else
      return b;
  }
  return NULL;
}

unsigned long long event_log_first(const struct event_log *l)
{
  return l->count > 0 ? block(l, 0)->seq : l->next;
}

unsigned long long event_log_last(const struct event_log *l)
{
  return l->next - 1;
}

struct span event_log_skip(struct span bytes, unsigned long long lines)
{
  for (; lines > 0 && bytes.len > 0; lines--) {
    const char *newline = memchr(bytes.at, '\n', bytes.len);
    bytes = span_after(bytes, newline ? (size_t)(newline - bytes.at) + 1 : bytes.len);
  }
  return bytes;
}
