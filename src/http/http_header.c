/* SPDX-License-Identifier: MIT */
/* http_header.c - clients write Accept in many ways, and several say less than they take:
 * naming a type anywhere is enough. */
#include "http/http_header.h"

#include <string.h>

bool http_header_accepts(struct span accept, const char *type)
{
  size_t n = span_of(type).len;
  for (size_t i = 0; i + n <= accept.len; i++)
    if ((accept.at[i] | 0x20) == (type[0] | 0x20) && /* most differ here */
        span_is_nocase((struct span){accept.at + i, n}, type))
      return true;
  return false;
}

/* Up to the next `end`, trimmed; `rest` goes on behind it. */
static struct span take(struct span *rest, char end)
{
  const char *at = rest->len > 0 ? memchr(rest->at, end, rest->len) : NULL;
  struct span front = {rest->at, at ? (size_t)(at - rest->at) : rest->len};
  *rest = span_after(*rest, at ? front.len + 1 : front.len);
  return span_trim(front);
}

static struct span unquote(struct span s)
{
  bool quoted = s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"';
  return quoted ? (struct span){s.at + 1, s.len - 2} : s;
}

/* 0 to 1000; a weight that cannot be read is 1000, as if it were not there. */
static unsigned weight_of(struct span parameters)
{
  while (parameters.len > 0) {
    struct span value = take(&parameters, ';'), name = take(&value, '=');
    value = unquote(span_trim(value));
    if (!span_is_nocase(name, "q") || value.len == 0)
      continue;
    if (value.at[0] == '1')
      return 1000;
    unsigned weight = 0;
    for (size_t i = 2; i < 5; i++) {
      bool digit = i < value.len && value.at[i] >= '0' && value.at[i] <= '9';
      weight = weight * 10 + (digit ? (unsigned)(value.at[i] - '0') : 0);
    }
    return value.at[0] == '0' ? weight : 1000;
  }
  return 1000;
}

/* The weight that the ranges of an Accept give to a type: of the one that names it most
 * exactly, and of two alike the greater. */
struct weighing {
  const char *whole;  /* the type … */
  const char *family; /* … and the range of its family */
  unsigned exact, weight;
};

static void weigh(struct weighing *w, struct span range, unsigned weight)
{
  unsigned exact = 0;
  if (span_is_nocase(range, w->whole))
    exact = 3;
  else if (span_is_nocase(range, w->family))
    exact = 2;
  else if (span_is(range, "*/*"))
    exact = 1;
  if (exact == 0 || exact < w->exact)
    return;
  w->weight = exact > w->exact || weight > w->weight ? weight : w->weight;
  w->exact = exact;
}

enum http_stream_type http_header_stream_type(struct span accept)
{
  struct weighing types[] = {{.whole = "text/event-stream", .family = "text/*"},
                             {.whole = "application/x-ndjson", .family = "application/*"},
                             {.whole = "application/ndjson", .family = "application/*"},
                             {.whole = "application/json", .family = "application/*"}};
  size_t count = sizeof types / sizeof *types;
  unsigned lines = 0;
  if (span_trim(accept).len == 0)
    return HTTP_STREAM_NDJSON;
  while (accept.len > 0) {
    struct span parameters = take(&accept, ','), range = take(&parameters, ';');
    for (size_t i = 0; i < count; i++)
      weigh(&types[i], range, weight_of(parameters));
  }
  for (size_t i = 1; i < count; i++)
    lines = types[i].weight > lines ? types[i].weight : lines;
  /* A star alone asks for nothing, and lines are the usual form. */
  unsigned sse = types[0].exact > 1 || lines == 0 ? types[0].weight : 0;
  if (sse > 0 && sse >= lines)
    return HTTP_STREAM_SSE;
  return lines > 0 ? HTTP_STREAM_NDJSON : HTTP_STREAM_NONE;
}

void http_header_put_value(struct buf *out, struct span value, char instead)
{
  size_t begin = out->len;
  buf_add(out, value);
  for (size_t i = begin; i < out->len; i++)
    if ((unsigned char)out->at[i] < ' ' || out->at[i] == 0x7f)
      out->at[i] = instead;
}
