/* SPDX-License-Identifier: MIT */
/* http_header.c - clients write Accept in many ways, and several say less than they take:
 * naming a type anywhere is enough. */
#include "http/http_header.h"

bool http_header_accepts(struct span accept, const char *type)
{
  size_t n = span_of(type).len;
  for (size_t i = 0; i + n <= accept.len; i++)
    if ((accept.at[i] | 0x20) == (type[0] | 0x20) && /* most differ here */
        span_is_nocase((struct span){accept.at + i, n}, type))
      return true;
  return false;
}

void http_header_put_value(struct buf *out, struct span value, char instead)
{
  size_t begin = out->len;
  buf_add(out, value);
  for (size_t i = begin; i < out->len; i++)
    if ((unsigned char)out->at[i] < ' ' || out->at[i] == 0x7f)
      out->at[i] = instead;
}
