/* SPDX-License-Identifier: MIT */
/* First byte: the method; the rest: a request's target. */
#include "door/http/route.h"

#include "base/limits.h"

#include <stdlib.h>

static const struct route table[] = {
    {"GET", "/health", .exact = true},
    {"POST", "/run", .exact = true},
    {.method = "GET", .pattern = "/runs"},
    {.method = "GET", .pattern = "/runs/{id}"},
    {.method = "GET", .pattern = "/runs/{id}/events"},
    {.method = "POST", .pattern = "/runs/{id}/cancel"},
    {.method = ""},
};

static void must(bool kept)
{
  if (!kept)
    abort();
}

static bool is_in(struct span part, struct span whole)
{
  return part.len == 0 ||
         (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  struct span target = {(const char *)data + 1, size - 1};
  struct route_target t;
  struct fault f = {0};
  const struct route *r =
      route_find(table, span_of(data[0] & 1 ? "GET" : "POST"), target, &t);
  if (!r)
    return 0;
  must(is_in(t.segment, target) && is_in(t.query, target));
  must((r >= &table[3]) == (t.segment.len > 0));
  must(!r->exact || span_is(target, r->pattern));
  struct buf id = buf_make(size);
  if (route_decode(t.segment, &id, &f) < 0)
    must(f.kind == FAULT_BAD_INPUT);
  must(id.len <= t.segment.len);
  struct span query = t.query, name, value;
  while (route_next_parameter(&query, &name, &value))
    must(is_in(name, t.query) && is_in(value, t.query));
  buf_free(&id);
  return 0;
}
