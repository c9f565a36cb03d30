/* SPDX-License-Identifier: MIT */
/* json_write.c - runs of bytes that need no escape are copied whole; most of what agents
 * say has none. */
#include "base/json_write.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { DEPTH_MOST = 60 };

static const char hex_digits[] = "0123456789abcdef";

static uint64_t word_has_zero(uint64_t word)
{
  return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

/* How many leading bytes need no look: no control byte, quote, backslash, nor the lead
 * byte 0xed that a surrogate begins with.  Eight bytes at a time. */
static size_t plain_length(const char *at, size_t len)
{
  size_t i = 0;
  while (len - i >= sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, at + i, sizeof word);
    uint64_t control = (word - 0x2020202020202020u) & ~word & 0x8080808080808080u;
    if ((control | word_has_zero(word ^ 0x2222222222222222u) |
         word_has_zero(word ^ 0x5c5c5c5c5c5c5c5cu) |
         word_has_zero(word ^ 0xededededededededu)) != 0)
      break;
    i += sizeof word;
  }
  while (i < len) {
    unsigned char c = (unsigned char)at[i];
    if (c < 0x20 || c == '"' || c == '\\' || c == 0xed)
      break;
    i++;
  }
  return i;
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

void json_escape(struct buf *out, struct span text)
{
  buf_add_char(out, '"');
  while (text.len > 0) {
    size_t plain = plain_length(text.at, text.len);
    buf_add(out, (struct span){text.at, plain});
    text = span_after(text, plain);
    if (text.len == 0)
      break;
    char escaped[6];
    size_t used;
    size_t len = escape_one((const unsigned char *)text.at, text.len, escaped, &used);
    buf_add(out, (struct span){escaped, len});
    text = span_after(text, used);
  }
  buf_add_char(out, '"');
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

/* The comma, if one is due; then a key must follow in an object and nowhere else. */
static void value_begins(struct json_writer *w, bool has_key)
{
  unsigned long long bit = 1ull << w->depth;
  assert(has_key == ((w->object & bit) != 0));
  assert(w->depth > 0 || (w->comma & bit) == 0); /* one document */
  (void)has_key;
  if ((w->comma & bit) != 0)
    buf_add_char(w->out, ',');
  w->comma |= bit;
}

/* Keys in our own code are plain ASCII: written as they are. */
static void json_key_put(struct json_writer *w, const char *key)
{
  value_begins(w, key);
  if (!key)
    return;
  struct span name = span_of(key);
  char *at = buf_reserve(w->out, name.len + 3);
  if (!at)
    return;
  at[0] = '"';
  memcpy(at + 1, name.at, name.len);
  memcpy(at + 1 + name.len, "\":", 2);
  buf_grew(w->out, name.len + 3);
}

void json_open(struct json_writer *w, const char *key, char bracket)
{
  assert(bracket == '{' || bracket == '[');
  assert(w->depth < DEPTH_MOST);
  json_key_put(w, key);
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

void json_put_text(struct json_writer *w, const char *key, struct span text)
{
  json_key_put(w, key);
  json_escape(w->out, text);
}

void json_put_int(struct json_writer *w, const char *key, long long n)
{
  json_key_put(w, key);
  buf_add_number(w->out, n);
}

void json_put_bool(struct json_writer *w, const char *key, bool b)
{
  json_put_raw(w, key, span_of(b ? "true" : "false"));
}

void json_put_null(struct json_writer *w, const char *key)
{
  json_put_raw(w, key, SPAN_LITERAL("null"));
}

void json_put_raw(struct json_writer *w, const char *key, struct span json)
{
  json_key_put(w, key);
  buf_add(w->out, json.len > 0 ? json : SPAN_LITERAL("null"));
}
