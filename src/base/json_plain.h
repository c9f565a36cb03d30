/* SPDX-License-Identifier: MIT */
/* json_plain.h - how far a text needs no look: for those who read JSON and who write it.
 *
 * Eight bytes at a time, and the first byte that stands out is found in the word itself:
 * the texts are short and many.  In line, since it is the innermost loop of both.  */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_EACH_BYTE(c) (0x0101010101010101u * (uint64_t)(c))

/* The high bit of each byte that is zero.  A byte above a zero one may be marked wrongly,
 * the lowest mark is right. */
static inline uint64_t json_plain_zeros(uint64_t word)
{
  return (word - JSON_EACH_BYTE(1)) & ~word & JSON_EACH_BYTE(0x80);
}

/* How many leading bytes are no quote, no backslash, no control byte and not `other` (a
 * quote: there is no other). */
static inline size_t json_plain_until(const char *at, size_t len, unsigned char other)
{
  size_t i = 0;
  for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, at + i, sizeof word);
    uint64_t marks = ((word - JSON_EACH_BYTE(0x20)) & ~word & JSON_EACH_BYTE(0x80)) |
                     json_plain_zeros(word ^ JSON_EACH_BYTE('"')) |
                     json_plain_zeros(word ^ JSON_EACH_BYTE('\\'));
    if (other != '"')
      marks |= json_plain_zeros(word ^ JSON_EACH_BYTE(other));
    if (marks == 0)
      continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return i + (size_t)__builtin_ctzll(marks) / 8;
#else
    break;
#endif
  }
  for (; i < len; i++) {
    unsigned char c = (unsigned char)at[i];
    if (c < 0x20 || c == '"' || c == '\\' || c == other)
      break;
  }
  return i;
}

#endif
