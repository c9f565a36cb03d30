/* SPDX-License-Identifier: MIT */
/* route.c - a walk along the pattern and the path at once.  The table is short and a run
 * is long: rows are tried one after the other.  */
#include "door/http/route.h"

#include "base/percent.h"

#include <string.h>

/* Up to the next `end`, which is left out; `rest` goes on behind it. */
static struct span take(struct span *rest, char end)
{
  const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
  struct span front = {rest->at, at ? (size_t)(at - rest->at) : rest->len};
  *rest = span_after(*rest, at ? front.len + 1 : front.len);
  return front;
}

static bool matches(const char *pattern, struct span path, struct route_target *out)
{
  static const char place[] = "{id}";
  struct span *segment = &out->segment;
  out->segment = out->second = (struct span){0};
  while (*pattern && path.len > 0) {
    if (strncmp(pattern, place, sizeof place - 1) == 0) {
      struct span rest = path;
      *segment = take(&rest, '/');
      path = span_after(path, segment->len);
      pattern += sizeof place - 1;
      if (segment->len == 0)
        return false;
      segment = &out->second;
    } else if (*pattern++ == path.at[0]) {
      path = span_after(path, 1);
    } else {
      return false;
    }
  }
  return !*pattern && path.len == 0;
}

const struct route *route_find(const struct route *table, struct span method,
                               struct span target, struct route_target *out)
{
  struct span query = target, path = take(&query, '?');
  *out = (struct route_target){.query = query};
  for (const struct route *r = table; r->method[0]; r++)
    if (span_is(method, r->method) && matches(r->pattern, r->exact ? target : path, out))
      return r;
  return NULL;
}

void route_methods(const struct route *table, struct span target, struct buf *out)
{
  struct span query = target, path = take(&query, '?');
  struct route_target ignored = {0};
  for (const struct route *r = table; r->method[0]; r++)
    if (matches(r->pattern, r->exact ? target : path, &ignored))
      buf_addf(out, "%s%s", out->len > 0 ? ", " : "", r->method);
}

bool route_next_parameter(struct span *query, struct span *name, struct span *value)
{
  if (query->len == 0)
    return false;
  *value = take(query, '&');
  *name = take(value, '=');
  return true;
}

/* -- percent-encoding -- */

int route_decode(struct span segment, struct buf *out, struct fault *f)
{
  if (percent_decode(segment, out))
    return 0;
  return fault_set(f, FAULT_BAD_INPUT,
                   "the id in the path: %% is not followed by two hex digits");
}
