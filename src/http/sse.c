/* SPDX-License-Identifier: MIT */
/* sse.c - most events hold none of the characters that are escaped, and are copied as
 * they are. */
#include "http/sse.h"

#include <string.h>

/* How a character that must not stand in a data line is written in JSON; NULL: it may.
 * Outside of strings only line ends can occur, and there a blank means the same. */
static const char *escaped(struct span s, size_t *length)
{
  unsigned char c = (unsigned char)s.at[0];
  *length = 1;
  if (c == '\n' || c == '\r')
    return " ";
  if (s.len >= 2 && !memcmp(s.at, "\xc2\x85", 2)) {
    *length = 2;
    return "\\u0085";
  }
  *length = 3;
  if (s.len >= 3 && !memcmp(s.at, "\xe2\x80\xa8", 3))
    return "\\u2028";
  if (s.len >= 3 && !memcmp(s.at, "\xe2\x80\xa9", 3))
    return "\\u2029";
  return NULL;
}

static void write_data(struct span json, struct buf *out)
{
  buf_add_text(out, "data: ");
  size_t clean = 0; /* bytes at the front of json that go out as they are */
  while (clean < json.len) {
    unsigned char c = (unsigned char)json.at[clean];
    size_t length;
    const char *text = NULL;
    if (c == '\n' || c == '\r' || c == 0xc2 || c == 0xe2)
      text = escaped(span_after(json, clean), &length);
    if (!text) {
      clean++;
      continue;
    }
    buf_add(out, (struct span){json.at, clean});
    buf_add_text(out, text);
    json = span_after(json, clean + length);
    clean = 0;
  }
  buf_add(out, json);
  buf_add_text(out, "\n\n");
}

void sse_write_message(struct span json, struct buf *out)
{
  buf_add_text(out, "event: message\n");
  write_data(json, out);
}

void sse_write_numbered(unsigned long long number, struct span json, struct buf *out)
{
  buf_add_text(out, "id: ");
  buf_add_number(out, (long long)number);
  buf_add_char(out, '\n');
  write_data(json, out);
}
