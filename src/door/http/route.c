/* SPDX-License-Identifier: MIT */
/* route.c - a walk along the pattern and the path at once.  The table is short and a run
 * is long: rows are tried one after the other.  */
#include "door/http/route.h"

#include <string.h>

/* Up to the next `end`, which is left out; `rest` goes on behind it. */
static struct span take(struct span *rest, char end)
{
  const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
  struct span front = {rest->at, at ? (size_t)(at - rest->at) : rest->len};
  *rest = span_after(*rest, at ? front.len + 1 : front.len);
  return front;
}

static bool matches(const char *pattern, struct span path, struct span *segment)
{
  static const char place[] = "{id}";
  *segment = (struct span){0};
  while (*pattern && path.len > 0) {
    if (strncmp(pattern, place, sizeof place - 1) == 0) {
      struct span rest = path;
      *segment = take(&rest, '/');
      path = span_after(path, segment->len);
      pattern += sizeof place - 1;
      if (segment->len == 0)
        return false;
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
    if (span_is(method, r->method) &&
        matches(r->pattern, r->exact ? target : path, &out->segment))
      return r;
  return NULL;
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

static int hex(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int route_decode(struct span segment, struct buf *out, struct fault *f)
{
  for (size_t i = 0; i < segment.len; i++) {
    if (segment.at[i] != '%') {
      buf_add_char(out, segment.at[i]);
      continue;
    }
    int high = i + 2 < segment.len ? hex(segment.at[i + 1]) : -1;
    int low = high >= 0 ? hex(segment.at[i + 2]) : -1;
    if (low < 0)
      return fault_set(f, FAULT_BAD_INPUT,
                       "the run id in the path: %% is not followed by two hex digits");
    buf_add_char(out, (char)(high * 16 + low));
    i += 2;
  }
  return 0;
}
