/* SPDX-License-Identifier: MIT */
/* threads.c - a plain array: it is looked through once a run.  */
#include "service/threads.h"

#include "base/json_write.h"
#include "base/keyed_hash.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct thread {
  uint64_t key; /* the hash of both names */
  unsigned long long used;
  struct buf session;
};

static uint64_t key_of(struct span thread, struct span harness)
{
  struct buf both = buf_make(SIZE_MAX);
  json_escape(&both, thread); /* its quotes end it */
  buf_add(&both, harness);
  uint64_t key = keyed_hash(buf_span(&both));
  buf_free(&both);
  return key;
}

static struct thread *find(const struct threads *t, uint64_t key)
{
  for (size_t i = 0; i < t->count; i++)
    if (t->at[i].key == key)
      return &t->at[i];
  return NULL;
}

static void drop(struct threads *t, struct thread *gone)
{
  buf_free(&gone->session);
  *gone = t->at[--t->count];
}

/* A place for one more: the one that was used least recently makes it. */
static struct thread *add(struct threads *t, uint64_t key)
{
  struct thread *oldest = t->at;
  for (size_t i = 1; i < t->count; i++)
    if (t->at[i].used < oldest->used)
      oldest = &t->at[i];
  if (t->count >= LIMIT_THREADS)
    drop(t, oldest);
  t->at = mem_reserve(t->at, t->count, &t->capacity, sizeof *t->at);
  struct thread *new = &t->at[t->count++];
  *new = (struct thread){.key = key, .session = buf_make(LIMIT_NAME_BYTES)};
  return new;
}

void threads_note(struct threads *t, struct span thread, struct span harness,
                  struct span session)
{
  uint64_t key = key_of(thread, harness);
  struct thread *known = find(t, key);
  if (session.len == 0) {
    if (known)
      drop(t, known);
    return;
  }
  known = known ? known : add(t, key);
  known->used = ++t->clock;
  buf_clear(&known->session);
  buf_add(&known->session, session);
}

struct span threads_session(struct threads *t, struct span thread, struct span harness)
{
  struct thread *known = find(t, key_of(thread, harness));
  if (!known)
    return (struct span){0};
  known->used = ++t->clock;
  return buf_span(&known->session);
}

void threads_free(struct threads *t)
{
  while (t->count > 0)
    drop(t, t->at);
  free(t->at);
  *t = (struct threads){0};
}
