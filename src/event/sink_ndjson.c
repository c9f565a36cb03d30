/* SPDX-License-Identifier: MIT */
#include "event/sink_ndjson.h"

static size_t put(struct sink *self, struct span line)
{
  struct sink_ndjson *s = (struct sink_ndjson *)self;
  buf_add(s->out, line);
  return s->out->len;
}

static void end(struct sink *self)
{
  ((struct sink_ndjson *)self)->ended = true;
}

struct sink_ndjson sink_ndjson_make(struct buf *out)
{
  return (struct sink_ndjson){.sink = {.put = put, .end = end}, .out = out};
}
