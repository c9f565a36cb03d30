/* SPDX-License-Identifier: MIT */
/* path_segment.c - the segment is made of the id alone, without randomness, so that the
 * same thread finds its folder again.  '_' itself is escaped, so no two short ids meet,
 * and none has a '_' that no hex digit follows: that is how a long one is told. */
#include "base/path_segment.h"

#include "base/sha256.h"

enum { SEGMENT_MOST = 200, HASH_BYTES = 16, TAIL = 2 + 2 * HASH_BYTES };

static const char hex_digits[] = "0123456789abcdef";

static bool segment_keeps(char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         c == '.' || c == '-';
}

static void add_tail(struct buf *out, struct span id)
{
  uint8_t digest[SHA256_BYTES];
  sha256(id, digest);
  buf_add_text(out, "_-");
  for (unsigned i = 0; i < HASH_BYTES; i++)
    buf_addf(out, "%02x", digest[i]);
}

void path_segment_add(struct buf *out, struct span id)
{
  char segment[SEGMENT_MOST];
  size_t len = 0, cut = 0; /* cut: the last border where the tail still fits behind */
  for (size_t i = 0; i < id.len; i++) {
    char c = id.at[i];
    bool keep = segment_keeps(c) && !(i == 0 && c == '.');
    if (len <= SEGMENT_MOST - TAIL)
      cut = len;
    if (len + (keep ? 1 : 3) > SEGMENT_MOST) {
      buf_add(out, (struct span){segment, cut});
      add_tail(out, id);
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
