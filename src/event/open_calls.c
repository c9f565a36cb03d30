/* SPDX-License-Identifier: MIT */
/* open_calls.c - a plain array: an agent has a handful of calls open at once, and
 * LIMIT_OPEN_CALLS is the most that the writer lets stand.  */
#include "open_calls.h"

#include "base/keyed_hash.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

static struct buf copy(struct span text)
{
  struct buf b = buf_make_kept(LIMIT_EVENT_LINE_BYTES);
  buf_add(&b, text);
  return b;
}

void open_calls_add(struct open_calls *calls, struct span key, struct span native,
                    unsigned step, const struct event *call)
{
  calls->at = mem_reserve(calls->at, calls->count, &calls->capacity, sizeof *calls->at);
  calls->at[calls->count++] = (struct open_call){.key = keyed_hash(key),
                                                 .native = keyed_hash(native),
                                                 .step = step,
                                                 .id = copy(call->call),
                                                 .name = copy(call->name),
                                                 .origin = call->origin};
}

size_t open_calls_find(const struct open_calls *calls, struct span key)
{
  uint64_t hash = keyed_hash(key);
  size_t found = calls->count;
  for (size_t i = calls->count; i > 0; i--) {
    const struct open_call *c = &calls->at[i - 1];
    if (c->key != hash)
      continue;
    if (found < calls->count && c->step != calls->at[found].step)
      break;
    found = i - 1;
  }
  return found;
}

size_t open_calls_newest(const struct open_calls *calls, struct span key)
{
  uint64_t hash = keyed_hash(key);
  for (size_t i = calls->count; i > 0; i--)
    if (calls->at[i - 1].key == hash)
      return i - 1;
  return calls->count;
}

size_t open_calls_begun(const struct open_calls *calls, struct span key)
{
  uint64_t hash = keyed_hash(key);
  for (size_t i = calls->count; i > 0; i--)
    if (calls->at[i - 1].key == hash && calls->at[i - 1].begun)
      return i - 1;
  return calls->count;
}

size_t open_calls_of(const struct open_calls *calls, struct span native)
{
  uint64_t hash = keyed_hash(native);
  for (size_t i = calls->count; i > 0; i--)
    if (calls->at[i - 1].native == hash)
      return i - 1;
  return calls->count;
}

void open_calls_drop(struct open_calls *calls, size_t index)
{
  buf_free(&calls->at[index].id);
  buf_free(&calls->at[index].name);
  buf_free(&calls->at[index].args);
  calls->count--;
  for (size_t i = index; i < calls->count; i++)
    calls->at[i] = calls->at[i + 1];
}

void open_calls_free(struct open_calls *calls)
{
  while (calls->count > 0)
    open_calls_drop(calls, calls->count - 1);
  free(calls->at);
  *calls = (struct open_calls){0};
}

struct event open_call_event(const struct open_call *call)
{
  return (struct event){
      .origin = call->origin, .call = buf_span(&call->id), .name = buf_span(&call->name)};
}
