/* SPDX-License-Identifier: MIT */
/* json_write.c - runs of bytes that need no escape are copied whole; most of what agents
 * say has none. */
#include "base/json_write.h"

#include "json_plain.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { DEPTH_MOST = 60 };

static const char hex_digits[] = "0123456789abcdef";

/* Need no look: all but control bytes, quotes, backslashes and the lead byte that a
 * surrogate begins with. */
static size_t plain_length(const char *at, size_t len)
{
  return json_plain_until(at, len, 0xed);
}

static bool surrogate_at(const unsigned char *at, size_t len)
{
  return len >= 3 && at[0] == 0xed && at[1] >= 0xa0 && at[1] <= 0xbf &&
         (at[2] & 0xc0) == 0x80;
}

/* Writes what stands for the byte (or the surrogate) at `at` into `out`, at most 6 bytes;
 * `*used` is what it took. */
static size_t escape_one(const unsigned char *at, size_t len, char out[6], size_t *used)
{
  unsigned char c = at[0];
  unsigned code = c;
  *used = 1;
  if (surrogate_at(at, len)) {
    code = 0xd000u | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
    *used = 3;
  } else if (c == '"' || c == '\\') {
    memcpy(out, (const char[]){'\\', (char)c}, 2);
    return 2;
  } else if (c >= 0x20) {
    out[0] = (char)c;
    return 1;
  } else if (c >= '\b' && c <= '\r' && c != '\v') {
    memcpy(out, (const char[]){'\\', "btn\0fr"[c - '\b']}, 2);
    return 2;
  }
  memcpy(out, "\\u", 2);
  for (unsigned i = 0; i < 4; i++)
    out[2 + i] = hex_digits[code >> (12 - 4 * i) & 15];
  return 6;
}

/* What is left of a text from its first byte that needs a look on. */
static void escape_rest(struct buf *out, struct span text)
{
  while (text.len > 0) {
    char escaped[6];
    size_t used;
    size_t len = escape_one((const unsigned char *)text.at, text.len, escaped, &used);
    buf_add(out, (struct span){escaped, len});
    text = span_after(text, used);
    size_t plain = plain_length(text.at, text.len);
    buf_add(out, (struct span){text.at, plain});
    text = span_after(text, plain);
  }
  buf_add_char(out, '"');
}

void json_escape(struct buf *out, struct span text)
{
  size_t plain = plain_length(text.at, text.len);
  bool whole = plain == text.len;
  char *at = buf_reserve(out, plain + 1 + whole);
  if (!at)
    return;
  *at++ = '"';
  if (plain > 0)
    memcpy(at, text.at, plain);
  if (whole)
    at[plain] = '"';
  buf_grew(out, plain + 1 + whole);
  if (!whole)
    escape_rest(out, span_after(text, plain));
}

size_t json_escaped_length(struct span text)
{
  size_t total = 2;
  while (text.len > 0) {
    size_t plain = plain_length(text.at, text.len);
    total += plain;
    text = span_after(text, plain);
    if (text.len == 0)
      break;
    char escaped[6];
    size_t used;
    total += escape_one((const unsigned char *)text.at, text.len, escaped, &used);
    text = span_after(text, used);
  }
  return total;
}

struct json_writer json_write_to(struct buf *out)
{
  return (struct json_writer){.out = out};
}

/* The comma, if one is due, and the key, which must be there in an object and nowhere
 * else.  Keys in our own code are plain ASCII: written as they are. */
static void value_begins(struct json_writer *w, struct span key)
{
  unsigned long long bit = 1ull << w->depth;
  assert(!key.at == ((w->object & bit) == 0));
  assert(w->depth > 0 || (w->comma & bit) == 0); /* one document */
  bool comma = (w->comma & bit) != 0;
  w->comma |= bit;
  if (!key.at && !comma)
    return;
  char *at = buf_reserve(w->out, key.len + 4), *from = at;
  if (!at)
    return;
  if (comma)
    *at++ = ',';
  if (key.at) {
    *at++ = '"';
    memcpy(at, key.at, key.len);
    at += key.len;
    *at++ = '"';
    *at++ = ':';
  }
  buf_grew(w->out, (size_t)(at - from));
}

void json_begin(struct json_writer *w, struct span key, char bracket)
{
  assert(bracket == '{' || bracket == '[');
  assert(w->depth < DEPTH_MOST);
  value_begins(w, key);
  buf_add_char(w->out, bracket);
  w->depth++;
  unsigned long long bit = 1ull << w->depth;
  w->comma &= ~bit;
  w->object = bracket == '{' ? w->object | bit : w->object & ~bit;
}

void json_close(struct json_writer *w, char bracket)
{
  assert(w->depth > 0);
  assert(bracket == ((w->object & 1ull << w->depth) != 0 ? '}' : ']'));
  buf_add_char(w->out, bracket);
  w->depth--;
}

void json_add_text(struct json_writer *w, struct span key, struct span text)
{
  value_begins(w, key);
  json_escape(w->out, text);
}

void json_add_int(struct json_writer *w, struct span key, long long n)
{
  value_begins(w, key);
  buf_add_number(w->out, n);
}

void json_add_raw(struct json_writer *w, struct span key, struct span json)
{
  value_begins(w, key);
  buf_add(w->out, json.len > 0 ? json : SPAN_LITERAL("null"));
}

void json_put_bool(struct json_writer *w, const char *key, bool b)
{
  json_put_raw(w, key, span_of(b ? "true" : "false"));
}

void json_put_null(struct json_writer *w, const char *key)
{
  json_put_raw(w, key, SPAN_LITERAL("null"));
}
