/* SPDX-License-Identifier: MIT */
/* path_segment.c - the segment is made of the id alone, without randomness, so that the
 * same thread finds its folder again.  '_' itself is escaped: no two short ids meet. */
#include "base/path_segment.h"

enum { SEGMENT_MOST = 200, HASH_DIGITS = 16 };

static const char hex_digits[] = "0123456789abcdef";

static bool segment_keeps(char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         c == '.' || c == '-';
}

void path_segment_add(struct buf *out, struct span id)
{
  char segment[SEGMENT_MOST];
  size_t len = 0, cut = 0; /* cut: the last border where "-<hash>" still fits behind */
  for (size_t i = 0; i < id.len; i++) {
    char c = id.at[i];
    bool keep = segment_keeps(c) && !(i == 0 && c == '.');
    if (len <= SEGMENT_MOST - 1 - HASH_DIGITS)
      cut = len;
    if (len + (keep ? 1 : 3) > SEGMENT_MOST) {
      buf_add(out, (struct span){segment, cut});
      buf_addf(out, "-%016llx", (unsigned long long)span_fnv1a(id));
      return;
    }
    if (keep) {
      segment[len++] = c;
      continue;
    }
    segment[len++] = '_';
    segment[len++] = hex_digits[(unsigned char)c >> 4];
    segment[len++] = hex_digits[(unsigned char)c & 15];
  }
  if (len == 0)
    segment[len++] = '_'; /* the empty id: no other one gives a bare '_' */
  buf_add(out, (struct span){segment, len});
}
