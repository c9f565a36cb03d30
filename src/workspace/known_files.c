/* SPDX-License-Identifier: MIT */
/* known_files.c - a tree of names, a table by folder and name, one by watch. */
#include "known_files.h"

#include "base/keyed_hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { WATCH_ROWS = 1024, FIRST_ROWS = 64 };

struct queue {
  struct known *first, *last;
  size_t count;
};

struct known_files {
  size_t ceiling, bytes, count, rows; /* rows: a power of two */
  struct known **by_name, *by_watch[WATCH_ROWS], *root;
  struct queue queues[QUEUE_FOLDERS + 1];
};

static size_t bytes_of(size_t name_bytes)
{
  return sizeof(struct known) + name_bytes + 1;
}

static struct known *make_known(struct known_files *k, struct known *in, struct span name)
{
  struct known *e = mem_new(bytes_of(name.len));
  e->in = in;
  e->name_bytes = (unsigned char)name.len;
  if (name.len > 0)
    memcpy(e->name, name.at, name.len);
  k->bytes += bytes_of(name.len);
  k->count++;
  return e;
}

struct known_files *known_files_new(size_t ceiling)
{
  struct known_files *k = mem_new(sizeof *k);
  k->ceiling = ceiling;
  k->rows = FIRST_ROWS;
  k->by_name = mem_new(k->rows * sizeof *k->by_name);
  k->root = make_known(k, NULL, (struct span){0});
  k->root->kind = KNOWN_FOLDER;
  return k;
}

void known_files_free(struct known_files *k)
{
  if (!k)
    return;
  for (size_t i = 0; i < k->rows; i++)
    for (struct known *e = k->by_name[i], *next; e; e = next) {
      next = e->same_hash;
      free(e);
    }
  free(k->by_name);
  free(k->root);
  free(k);
}

struct known *known_root(struct known_files *k)
{
  return k->root;
}

/* -- by name -- */

static struct known **row_of(const struct known_files *k, const struct known *in,
                             struct span name)
{
  uint64_t h = keyed_hash(name) ^ ((uint64_t)(uintptr_t)in >> 4) * 0x9e3779b97f4a7c15u;
  return &k->by_name[(h ^ h >> 32) & (k->rows - 1)];
}

static struct known **row_of_known(const struct known_files *k, const struct known *e)
{
  return row_of(k, e->in, (struct span){e->name, e->name_bytes});
}

static void more_rows(struct known_files *k)
{
  struct known_files old = *k;
  k->rows *= 2;
  k->by_name = mem_new(k->rows * sizeof *k->by_name);
  for (size_t i = 0; i < old.rows; i++)
    for (struct known *e = old.by_name[i], *next; e; e = next) {
      struct known **row = row_of_known(k, e);
      next = e->same_hash;
      e->same_hash = *row;
      *row = e;
    }
  free(old.by_name);
}

struct known *known_find(struct known_files *k, struct known *in, const char *text,
                         bool make)
{
  struct span name = span_of(text);
  for (struct known *e = *row_of(k, in, name); e; e = e->same_hash)
    if (e->in == in && span_equal(name, (struct span){e->name, e->name_bytes}))
      return e;
  if (!make || name.len == 0 || name.len > 255 ||
      k->bytes + bytes_of(name.len) + k->rows * sizeof *k->by_name > k->ceiling)
    return NULL;
  if (k->count > k->rows)
    more_rows(k);
  struct known *e = make_known(k, in, name), **row = row_of(k, in, name);
  e->same_hash = *row;
  *row = e;
  e->after = in->first;
  if (in->first)
    in->first->before = e;
  in->first = e;
  return e;
}

void known_remove(struct known_files *k, struct known *e)
{
  struct known **at = row_of_known(k, e);
  known_dequeue(k, e);
  known_watch(k, e, 0);
  while (*at != e)
    at = &(*at)->same_hash;
  *at = e->same_hash;
  *(e->before ? &e->before->after : &e->in->first) = e->after;
  if (e->after)
    e->after->before = e->before;
  k->bytes -= bytes_of(e->name_bytes);
  k->count--;
  free(e);
}

/* -- by watch -- */

void known_watch(struct known_files *k, struct known *folder, int watch)
{
  struct known **at = &k->by_watch[(unsigned)folder->watch % WATCH_ROWS];
  if (folder->watch) {
    while (*at != folder)
      at = &(*at)->same_watch;
    *at = folder->same_watch;
  }
  folder->watch = watch;
  if (!watch)
    return;
  at = &k->by_watch[(unsigned)watch % WATCH_ROWS];
  folder->same_watch = *at;
  *at = folder;
}

struct known *known_by_watch(const struct known_files *k, int watch)
{
  struct known *e = k->by_watch[(unsigned)watch % WATCH_ROWS];
  while (e && e->watch != watch)
    e = e->same_watch;
  return e;
}

/* -- the queues -- */

bool known_queue(struct known_files *k, struct known *e, enum known_queue queue)
{
  struct queue *q = &k->queues[queue];
  if (e->queue != QUEUE_NONE)
    return false;
  e->queue = (unsigned char)queue;
  e->queue_before = q->last;
  e->queue_after = NULL;
  *(q->last ? &q->last->queue_after : &q->first) = e;
  q->last = e;
  q->count++;
  return true;
}

void known_dequeue(struct known_files *k, struct known *e)
{
  struct queue *q = &k->queues[e->queue];
  if (e->queue == QUEUE_NONE)
    return;
  *(e->queue_before ? &e->queue_before->queue_after : &q->first) = e->queue_after;
  *(e->queue_after ? &e->queue_after->queue_before : &q->last) = e->queue_before;
  q->count--;
  e->queue = QUEUE_NONE;
}

struct known *known_next(const struct known_files *k, enum known_queue queue)
{
  return k->queues[queue].first;
}

size_t known_waiting(const struct known_files *k)
{
  return k->queues[QUEUE_NAMES].count;
}

/* -- names -- */

void known_path(const struct known *e, struct buf *out)
{
  size_t bytes = 0;
  for (const struct known *at = e; at->in; at = at->in)
    bytes += at->name_bytes + 1u;
  char *end = buf_reserve(out, bytes);
  if (!end)
    return;
  end += bytes;
  for (const struct known *at = e; at->in; at = at->in) {
    end -= at->name_bytes;
    memcpy(end, at->name, at->name_bytes);
    *--end = '/';
  }
  buf_grew(out, bytes);
}

bool known_is_pruned(const char *folder_name)
{
  return !strcmp(folder_name, ".git") || !strcmp(folder_name, "node_modules");
}
