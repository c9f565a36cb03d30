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

/* 0 to 1000; a weight that cannot be read is 1000, as if it were not there. */
static unsigned weight_of(struct span parameters)
{
  while (parameters.len > 0) {
    struct span value = take(&parameters, ';'), name = take(&value, '=');
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

enum http_stream_type http_header_stream_type(struct span accept)
{
  static const struct {
    const char *type;
    bool sse;
  } known[] = {{"text/event-stream", true},
               {"text/*", true},
               {"application/x-ndjson", false},
               {"application/ndjson", false},
               {"application/json", false},
               {"application/*", false},
               {"*/*", false}};
  unsigned weight[2] = {0, 0};
  if (span_trim(accept).len == 0)
    return HTTP_STREAM_NDJSON;
  while (accept.len > 0) {
    struct span parameters = take(&accept, ','), type = take(&parameters, ';');
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
      if (span_is_nocase(type, known[i].type)) {
        unsigned w = weight_of(parameters);
        if (w > weight[known[i].sse])
          weight[known[i].sse] = w;
      }
  }
  if (weight[true] > 0 && weight[true] >= weight[false])
    return HTTP_STREAM_SSE;
  return weight[false] > 0 ? HTTP_STREAM_NDJSON : HTTP_STREAM_NONE;
}

void http_header_put_value(struct buf *out, struct span value, char instead)
{
  size_t begin = out->len;
  buf_add(out, value);
  for (size_t i = begin; i < out->len; i++)
    if ((unsigned char)out->at[i] < ' ' || out->at[i] == 0x7f)
      out->at[i] = instead;
}
