/* SPDX-License-Identifier: MIT */
/* percent.c - byte by byte; what comes out may be any bytes. */
#include "base/percent.h"

static int hex(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool percent_decode(struct span text, struct buf *out)
{
  bool good = true;
  for (size_t i = 0; i < text.len; i++) {
    bool escaped = text.at[i] == '%';
    int high = escaped && i + 2 < text.len ? hex(text.at[i + 1]) : -1;
    int low = high >= 0 ? hex(text.at[i + 2]) : -1;
    good = good && (!escaped || low >= 0);
    buf_add_char(out, low >= 0 ? (char)(high * 16 + low) : text.at[i]);
    i += low >= 0 ? 2 : 0;
  }
  return good;
}
