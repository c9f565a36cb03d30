/* SPDX-License-Identifier: MIT */
/* line_fit.c - measuring is what costs here, so most texts are let through unmeasured:
 * escapes make a text longer at most sixfold.  */
#include "line_fit.h"

#include "base/json_write.h"

enum { LEAST_CAPACITY = 64, ESCAPED_MOST = 6 };

struct span line_fit(struct span text, size_t line_bytes, size_t beside)
{
  size_t capacity =
      line_bytes > beside + LEAST_CAPACITY ? line_bytes - beside : LEAST_CAPACITY;
  if (text.len <= capacity / ESCAPED_MOST)
    return text;
  /* Shrink in proportion, and a little more, so that it surely ends soon when the escapes
   * crowd at the front.  Never measure more than one event's worth: a text of many events
   * would cost its square. */
  struct span front = span_cut_utf8(text, capacity);
  for (;;) {
    size_t escaped = json_escaped_length(front);
    if (escaped <= capacity || front.len <= 8)
      break;
    double share = (double)capacity / (double)escaped;
    front = span_cut_utf8(front, (size_t)((double)front.len * share) - front.len / 64);
  }
  return front;
}
