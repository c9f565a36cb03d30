/* SPDX-License-Identifier: MIT */
#include "collector.h"

static size_t put(struct sink *self, struct span line)
{
  struct collector *c = (struct collector *)self;
  buf_add(c->out, line);
  return c->out->len;
}

static void end(struct sink *self)
{
  ((struct collector *)self)->ended = true;
}

struct collector collector_make(struct buf *out)
{
  return (struct collector){.sink = {.put = put, .end = end}, .out = out};
}
