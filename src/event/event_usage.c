/* SPDX-License-Identifier: MIT */
/* event_usage.c - a total is explained by trying which parts have to be added.  */
#include "event/event_usage.h"

struct event_usage event_usage_none(void)
{
  return (struct event_usage){.prompt = -1,
                              .completion = -1,
                              .total = -1,
                              .cached = -1,
                              .cache_write = -1,
                              .reasoning = -1};
}

static long long count(long long n)
{
  return n > 0 ? n : 0;
}

struct event_tokens event_usage_whole(const struct event_usage *u)
{
  long long cache = count(u->cached) + count(u->cache_write),
            thought = count(u->reasoning);
  struct event_tokens t = {.input = count(u->prompt), .output = count(u->completion)};
  long long missing = u->total - t.input - t.output;
  bool with_thought = missing > 0 && missing == thought;
  bool with_both = missing > 0 && missing == cache + thought;
  /* A part is no larger than its whole. */
  if (u->cache_apart || (missing > 0 && missing == cache) ||
      (with_both && !with_thought) || cache > t.input)
    t.input += cache;
  if (with_thought || with_both)
    t.output += thought;
  long long sum = t.input + t.output;
  t.total = u->total > sum ? u->total : sum;
  return t;
}
