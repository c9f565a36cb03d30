/* SPDX-License-Identifier: MIT */
/* json_slice.c - a path is found by skipping over values: strings by their quotes,
 * brackets by their depth.  Nothing is copied, and nothing is checked again that
 * json_scan.c has checked. */
#include "base/json_slice.h"

#include "json_plain.h"

#include <string.h>

size_t json_plain_length(struct span s)
{
  return json_plain_until(s.at, s.len, '"');
}

static int hex_value(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The code unit of a \uXXXX at `at`, or -1. */
static int unit_at(struct span s)
{
  int unit = 0;
  if (s.len < 6 || s.at[0] != '\\' || s.at[1] != 'u')
    return -1;
  for (size_t i = 2; i < 6; i++) {
    int digit = hex_value(s.at[i]);
    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

static size_t put_code(unsigned code, char *out)
{
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const unsigned lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = len - 1; i > 0; i--) {
    out[i] = (char)(0x80 | (code & 0x3f));
    code >>= 6;
  }
  out[0] = (char)(lead[len] | code);
  return len;
}

/* One escape sequence at the beginning of `s` (a backslash); `*used` bytes of it become
 * the returned number of bytes in `out`, never more. */
static size_t unescape_one(struct span s, char out[4], size_t *used)
{
  int unit = unit_at(s);
  if (unit >= 0) {
    unsigned code = (unsigned)unit;
    *used = 6;
    /* JSON writes what is above U+FFFF as two escapes, UTF-16's surrogates. */
    int low = (unit & 0xfc00) == 0xd800 ? unit_at(span_after(s, 6)) : -1;
    if (low >= 0 && (low & 0xfc00) == 0xdc00) {
      code = 0x10000u + ((code & 0x3ffu) << 10 | ((unsigned)low & 0x3ffu));
      *used = 12;
    }
    return put_code(code, out);
  }
  static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
  *used = s.len < 2 ? 1 : 2;
  char c = s.at[*used - 1];
  const char *known = c != 0 ? strchr(from, c) : NULL;
  out[0] = known ? to[known - from] : c;
  return 1;
}

size_t json_unescape_into(struct span raw_string, char *out)
{
  size_t len = 0;
  if (raw_string.len < 2)
    return 0;
  struct span s = {raw_string.at + 1, raw_string.len - 2};
  while (s.len > 0) {
    const char *escape = memchr(s.at, '\\', s.len);
    size_t plain = escape ? (size_t)(escape - s.at) : s.len;
    memcpy(out + len, s.at, plain);
    len += plain;
    s = span_after(s, plain);
    if (s.len == 0)
      break;
    char one[4];
    size_t used;
    size_t made = unescape_one(s, one, &used);
    memcpy(out + len, one, made);
    len += made;
    s = span_after(s, used);
  }
  return len;
}

void json_unescape(struct span raw_string, struct buf *out)
{
  if (raw_string.len < 2)
    return;
  struct span s = {raw_string.at + 1, raw_string.len - 2};
  while (s.len > 0 && !out->overflowed) {
    /* In pieces: the ceiling is one for the text, not for its escapes. */
    char piece[1024];
    size_t len = 0;
    while (s.len > 0 && len + 4 <= sizeof piece) {
      size_t used = 1;
      if (s.at[0] == '\\')
        len += unescape_one(s, piece + len, &used);
      else
        piece[len++] = s.at[0];
      s = span_after(s, used);
    }
    buf_add(out, (struct span){piece, len});
  }
}

static size_t blank_length(struct span s)
{
  size_t i = 0;
  while (i < s.len &&
         (s.at[i] == ' ' || s.at[i] == '\n' || s.at[i] == '\r' || s.at[i] == '\t'))
    i++;
  return i;
}

/* With both quotes; the whole of `s` when the closing one is missing. */
static size_t string_length(struct span s)
{
  size_t i = 1;
  while (i < s.len) {
    i += json_plain_length(span_after(s, i));
    if (i >= s.len)
      break;
    if (s.at[i] == '"')
      return i + 1;
    i += s.at[i] == '\\' ? 2 : 1;
  }
  return s.len;
}

/* An array or object, with its brackets. */
static size_t container_length(struct span s)
{
  size_t depth = 0;
  for (size_t i = 0; i < s.len;) {
    switch (s.at[i]) {
    case '"':
      i += string_length(span_after(s, i));
      continue;
    case '{':
    case '[':
      depth++;
      break;
    case '}':
    case ']':
      if (depth <= 1)
        return i + 1;
      depth--;
      break;
    default:
      break;
    }
    i++;
  }
  return s.len;
}

static size_t value_length(struct span s)
{
  if (s.len == 0)
    return 0;
  if (s.at[0] == '"')
    return string_length(s);
  if (s.at[0] == '{' || s.at[0] == '[')
    return container_length(s);
  size_t i = 0;
  while (i < s.len && !strchr(" \t\r\n,]}", s.at[i]))
    i++;
  return i;
}

bool json_slice_says(struct span raw, struct span text)
{
  struct span inner =
      raw.len >= 2 ? (struct span){raw.at + 1, raw.len - 2} : (struct span){0};
  if (inner.len == 0 || !memchr(inner.at, '\\', inner.len))
    return span_equal(inner, text);
  if (inner.len > 6 * text.len) /* a byte takes six at most */
    return false;
  struct buf plain = buf_make(inner.len);
  json_unescape(raw, &plain);
  bool same = span_equal(buf_span(&plain), text);
  buf_free(&plain);
  return same;
}

struct json_walk json_slice_walk(struct span container)
{
  struct span s = span_after(container, blank_length(container));
  bool object = s.len > 0 && s.at[0] == '{', array = s.len > 0 && s.at[0] == '[';
  return (struct json_walk){.rest = object || array ? span_after(s, 1) : (struct span){0},
                            .object = object};
}

bool json_slice_next(struct json_walk *w)
{
  struct span s = span_after(w->rest, blank_length(w->rest));
  w->rest = (struct span){0};
  w->key = w->value = (struct span){0};
  if (s.len == 0 || s.at[0] == ']' || s.at[0] == '}')
    return false;
  if (w->object) {
    if (s.at[0] != '"')
      return false;
    w->key = (struct span){s.at, string_length(s)};
    s = span_after(s, w->key.len);
    s = span_after(s, blank_length(s));
    if (s.len == 0 || s.at[0] != ':')
      return false;
    s = span_after(s, 1);
    s = span_after(s, blank_length(s));
  }
  w->value = (struct span){s.at, value_length(s)};
  s = span_after(s, w->value.len);
  s = span_after(s, blank_length(s));
  if (s.len > 0 && s.at[0] == ',')
    w->rest = span_after(s, 1);
  return w->value.len > 0;
}

struct span json_slice_member(struct span object, struct span name)
{
  struct span found = {0};
  struct json_walk w = json_slice_walk(object);
  while (w.object && json_slice_next(&w))
    if (json_slice_says(w.key, name))
      found = w.value;
  return found;
}

void json_slice_without(struct span object, struct span name, struct buf *out)
{
  const char *comma = "{";
  if (json_slice_member(object, name).len == 0) {
    buf_add(out, object);
    return;
  }
  for (struct json_walk w = json_slice_walk(object); json_slice_next(&w);) {
    if (json_slice_says(w.key, name))
      continue;
    buf_add_text(out, comma);
    buf_add(out, w.key);
    buf_add_char(out, ':');
    buf_add(out, w.value);
    comma = ",";
  }
  buf_add_text(out, *comma == '{' ? "{}" : "}");
}

struct span json_slice(struct span text, const char *path)
{
  if (span_starts(text, "\xef\xbb\xbf"))
    text = span_after(text, 3);
  for (;;) {
    const char *dot = strchr(path, '.');
    struct span name = dot ? (struct span){path, (size_t)(dot - path)} : span_of(path);
    text = json_slice_member(text, name);
    if (!dot || text.len == 0)
      return text;
    path = dot + 1;
  }
}

enum json_kind json_slice_kind(struct span value)
{
  if (value.len == 0)
    return JSON_ABSENT;
  switch (value.at[0]) {
  case 'n':
    return JSON_NULL;
  case 'f':
    return JSON_FALSE;
  case 't':
    return JSON_TRUE;
  case '"':
    return JSON_STRING;
  case '[':
    return JSON_ARRAY;
  case '{':
    return JSON_OBJECT;
  default:
    return value.at[0] == '-' || (value.at[0] >= '0' && value.at[0] <= '9') ? JSON_NUMBER
                                                                            : JSON_ABSENT;
  }
}

/* -- comparing -- */

/* The length of the next token of checked JSON, `s` beginning with it. */
static size_t token_length(struct span s)
{
  size_t n = 1;
  if (s.at[0] != '"')
    return n;
  while (n < s.len && s.at[n] != '"')
    n += s.at[n] == '\\' ? 2 : 1;
  return n < s.len ? n + 1 : s.len;
}

static struct span skip_blanks(struct span s)
{
  size_t n = 0;
  while (n < s.len && (s.at[n] == ' ' || (s.at[n] >= '\t' && s.at[n] <= '\r')))
    n++;
  return span_after(s, n);
}

static bool same_text(struct span a, struct span b)
{
  struct buf left = buf_make(a.len + 1), right = buf_make(b.len + 1);
  json_unescape(a, &left);
  json_unescape(b, &right);
  bool same = span_equal(buf_span(&left), buf_span(&right));
  buf_free(&left);
  buf_free(&right);
  return same;
}

bool json_slice_same(struct span a, struct span b)
{
  for (;;) {
    a = skip_blanks(a);
    b = skip_blanks(b);
    if (a.len == 0 || b.len == 0)
      return a.len == b.len;
    struct span left = {a.at, token_length(a)}, right = {b.at, token_length(b)};
    if (!span_equal(left, right) &&
        !(a.at[0] == '"' && b.at[0] == '"' && same_text(left, right)))
      return false;
    a = span_after(a, left.len);
    b = span_after(b, right.len);
  }
}
