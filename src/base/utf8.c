/* SPDX-License-Identifier: MIT */
/* utf8.c - the ranges are those of the Unicode standard, table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF.  An invalid sequence is replaced as browsers do it,
 * by its longest valid beginning. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

static const uint64_t high_bits = 0x8080808080808080u;

/* The length of the valid sequence at `s`, or 0; then `*bad` is how many bytes one U+FFFD
 * stands for: the longest beginning of a valid sequence, at least one byte. */
static size_t sequence_at(const unsigned char *s, size_t len, size_t *bad)
{
  unsigned char lead = s[0];
  unsigned char lowest = 0x80, highest = 0xbf; /* of the second byte */
  size_t said;
  *bad = 1;
  if (lead < 0x80)
    return 1;
  if (lead >= 0xc2 && lead <= 0xdf) {
    said = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    said = 3;
    lowest = lead == 0xe0 ? 0xa0 : 0x80;  /* overlong */
    highest = lead == 0xed ? 0x9f : 0xbf; /* surrogates */
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    said = 4;
    lowest = lead == 0xf0 ? 0x90 : 0x80;  /* overlong */
    highest = lead == 0xf4 ? 0x8f : 0xbf; /* above U+10FFFF */
  } else {
    return 0;
  }
  for (size_t i = 1; i < said; i++) {
    if (i >= len || s[i] < lowest || s[i] > highest)
      return 0;
    *bad = i + 1;
    lowest = 0x80;
    highest = 0xbf;
  }
  return said;
}

size_t utf8_valid_length(struct span s)
{
  const unsigned char *at = (const unsigned char *)s.at;
  size_t i = 0;
  while (i < s.len) {
    if (at[i] < 0x80) {
      uint64_t words[4];
      while (s.len - i >= sizeof words) {
        memcpy(words, at + i, sizeof words);
        if (((words[0] | words[1] | words[2] | words[3]) & high_bits) != 0)
          break;
        i += sizeof words;
      }
      while (i < s.len && at[i] < 0x80)
        i++;
      continue;
    }
    size_t bad;
    size_t len = sequence_at(at + i, s.len - i, &bad);
    if (len == 0)
      return i;
    i += len;
  }
  return i;
}

bool utf8_valid(struct span s)
{
  return utf8_valid_length(s) == s.len;
}

size_t utf8_repair(struct span s, struct buf *out)
{
  size_t replaced = 0;
  for (;;) {
    size_t good = utf8_valid_length(s);
    buf_add(out, (struct span){s.at, good});
    s = span_after(s, good);
    if (s.len == 0)
      return replaced;
    size_t bad;
    (void)sequence_at((const unsigned char *)s.at, s.len, &bad); /* known to be invalid */
    buf_add(out, SPAN_LITERAL("\xef\xbf\xbd"));
    s = span_after(s, bad);
    replaced++;
  }
}

struct span utf8_first(struct span text, size_t chars)
{
  size_t at = 0, seen = 0;
  for (; at < text.len; at++)
    if (((unsigned char)text.at[at] & 0xc0) != 0x80 && seen++ == chars)
      break;
  return (struct span){text.at, at};
}

size_t utf8_length(struct span s)
{
  if (s.len == 0)
    return 0;
  unsigned char c = (unsigned char)s.at[0];
  size_t length = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  return length < s.len ? length : s.len;
}

bool utf8_is_hostile(struct span s)
{
  static const struct {
    unsigned long first, last;
  } ranges[] = {
      {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     /* controls, soft hyphen */
      {0x61c, 0x61c},   {0x180e, 0x180e}, {0x200b, 0x200f}, /* marks, no width */
      {0x2028, 0x202e}, {0x2060, 0x206f}, {0xd800, 0xdfff}, /* lines, overrides, halves */
      {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff} /* marks, notes, tags */
  };
  size_t length = utf8_length(s);
  if (length == 0)
    return false;
  unsigned long code = (unsigned char)s.at[0];
  if (length > 1)
    code &= 0x7fu >> length;
  for (size_t i = 1; i < length; i++)
    code = code << 6 | ((unsigned char)s.at[i] & 0x3f);
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    if (code >= ranges[i].first && code <= ranges[i].last)
      return true;
  return false;
}
