/* SPDX-License-Identifier: MIT */
/* base64.c - three bytes are four digits of six bits.  */
#include "base/base64.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t bytes)
{
  return (bytes / 3 + (bytes % 3 > 0)) * 4;
}

void base64_encode(struct span bytes, struct buf *out)
{
  char *to = buf_reserve(out, base64_length(bytes.len));
  if (!to)
    return;
  for (size_t i = 0; i < bytes.len; i += 3) {
    size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
    unsigned bits = 0;
    for (size_t k = 0; k < 3; k++)
      bits = bits << 8 | (k < n ? (unsigned char)bytes.at[i + k] : 0);
    for (size_t k = 0; k < 4; k++)
      *to++ = k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=';
  }
  buf_grew(out, base64_length(bytes.len));
}

static int digit_of(char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One group of four into at most three bytes; how many, or -1. */
static int decode_group(const char *at, unsigned padding, bool canonical, char *to)
{
  unsigned bits = 0;
  for (unsigned k = 0; k < 4 - padding; k++) {
    int digit = digit_of(at[k]);
    if (digit < 0)
      return -1;
    bits |= (unsigned)digit << (18 - 6 * k);
  }
  if (canonical && padding > 0 && (bits & (padding == 1 ? 0xffu : 0xffffu)) != 0)
    return -1;
  for (unsigned k = 0; k < 3 - padding; k++)
    to[k] = (char)(bits >> (16 - 8 * k) & 0xff);
  return (int)(3 - padding);
}

bool base64_decode(struct span text, bool canonical, struct buf *out)
{
  if (text.len % 4 != 0)
    return false;
  char *to = buf_reserve(out, text.len / 4 * 3);
  if (!to)
    return false;
  for (size_t i = 0; i < text.len; i += 4) {
    bool last = i + 4 == text.len;
    unsigned padding =
        last && text.at[i + 3] == '=' ? (text.at[i + 2] == '=' ? 2 : 1) : 0;
    int n = decode_group(text.at + i, padding, canonical, to);
    if (n < 0)
      return false;
    to += n;
    buf_grew(out, (size_t)n);
  }
  return true;
}
