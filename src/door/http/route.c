/* SPDX-License-Identifier: MIT */
/* route.c - see route.h. */
#include "door/http/route.h"

#include "base/limits.h"

#include <limits.h>
#include <string.h>

static int hex(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode(struct span text, struct buf *out, struct fault *f)
{
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] != '%') {
      buf_add_char(out, text.at[i]);
      continue;
    }
    int high = i + 2 < text.len ? hex(text.at[i + 1]) : -1;
    int low = high >= 0 ? hex(text.at[i + 2]) : -1;
    if (low < 0)
      return fault_set(f, FAULT_BAD_INPUT,
                       "the run id in the path: %% is not followed by two hex digits");
    buf_add_char(out, (char)(high * 16 + low));
    i += 2;
  }
  return 0;
}

/* Up to the next `end`, which is left out; `rest` goes on behind it. */
static struct span take(struct span *rest, char end)
{
  const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
  struct span front = {rest->at, at ? (size_t)(at - rest->at) : rest->len};
  *rest = span_after(*rest, at ? front.len + 1 : front.len);
  return front;
}

static int read_after(struct span query, unsigned long long *after, struct fault *f)
{
  while (query.len > 0) {
    struct span value = take(&query, '&');
    struct span name = take(&value, '=');
    if (span_is(name, "after") && !span_to_number(value, 0, LLONG_MAX, after))
      return fault_set(f, FAULT_BAD_INPUT,
                       "after must be the number of an event, not \"%.*s\"",
                       (int)(value.len < 60 ? value.len : 60), value.at);
  }
  return 0;
}

static enum route_name name_of(bool get, struct span method, struct span last, bool more)
{
  if (get && !more)
    return ROUTE_RECORD;
  if (get && span_is(last, "events"))
    return ROUTE_EVENTS;
  return span_is(method, "POST") && span_is(last, "cancel") ? ROUTE_CANCEL : ROUTE_NONE;
}

int route_read(struct span method, struct span target, struct route *out, struct fault *f)
{
  bool get = span_is(method, "GET");
  *out = (struct route){.id = buf_make(LIMIT_HEADER_BYTES)};
  if (get && span_is(target, "/health"))
    out->name = ROUTE_HEALTH;
  else if (span_is(method, "POST") && span_is(target, "/run"))
    out->name = ROUTE_RUN;
  if (out->name != ROUTE_NONE)
    return 0;
  struct span query = target, path = take(&query, '?');
  if (get && span_is(path, "/ready"))
    out->name = ROUTE_READY;
  else if (get && span_is(path, "/metrics"))
    out->name = ROUTE_METRICS;
  else if (get && span_is(path, "/runs"))
    out->name = ROUTE_RUNS;
  if (out->name != ROUTE_NONE || !span_starts(path, "/runs/"))
    return 0;
  path = span_after(path, strlen("/runs/"));
  struct span id = take(&path, '/');
  bool more = id.at + id.len < path.at || path.len > 0; /* a slash came */
  enum route_name name = name_of(get, method, path, more);
  if (id.len == 0 || name == ROUTE_NONE)
    return 0;
  if (decode(id, &out->id, f) < 0 ||
      (name == ROUTE_EVENTS && read_after(query, &out->after, f) < 0))
    return -1;
  out->name = name;
  return 0;
}

void route_free(struct route *r)
{
  buf_free(&r->id);
}
