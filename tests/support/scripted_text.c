/* SPDX-License-Identifier: MIT */
#include "scripted_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void text_need(struct text *t, size_t more)
{
  size_t capacity = t->capacity ? t->capacity : 256;

  while (capacity < t->len + more + 1)
    capacity *= 2;
  if (capacity == t->capacity)
    return;
  t->at = realloc(t->at, capacity);
  if (!t->at)
    abort();
  t->capacity = capacity;
}

void text_add(struct text *t, const char *at, size_t len)
{
  text_need(t, len);
  if (len)
    memcpy(t->at + t->len, at, len);
  t->len += len;
  t->at[t->len] = '\0';
}

void text_str(struct text *t, const char *str)
{
  text_add(t, str, strlen(str));
}

void text_json(struct text *t, const char *at, size_t len)
{
  size_t plain = 0;

  text_add(t, "\"", 1);
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)at[i];

    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    text_add(t, at + plain, i - plain);
    plain = i + 1;
    if (c == '\n')
      text_str(t, "\\n");
    else if (c < 0x20)
      text_format(t, "\\u%04x", c);
    else
      text_format(t, "\\%c", c);
  }
  text_add(t, at + plain, len - plain);
  text_add(t, "\"", 1);
}

void text_format(struct text *t, const char *format, ...)
{
  char small[512];
  va_list args;
  int len;

  va_start(args, format);
  len = vsnprintf(small, sizeof(small), format, args);
  va_end(args);
  /* only short things are formatted */
  if (len < 0 || (size_t)len >= sizeof(small))
    abort();
  text_add(t, small, (size_t)len);
}

void text_clear(struct text *t)
{
  t->len = 0;
  if (t->at)
    t->at[0] = '\0';
}

void text_free(struct text *t)
{
  free(t->at);
  *t = (struct text){0};
}

struct slice slice_of(const char *str)
{
  return (struct slice){str, strlen(str)};
}

static const char *skip_space(const char *p, const char *end)
{
  while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
    p++;
  return p;
}

static const char *skip_string(const char *p, const char *end)
{
  for (p++; p < end && *p != '"'; p++)
    if (*p == '\\')
      p++;
  return p < end ? p + 1 : end;
}

/* One value of any kind, without recursion. */
static const char *skip_value(const char *p, const char *end)
{
  size_t depth = 0;

  while (p < end) {
    char c = *p;

    if (c == '"') {
      p = skip_string(p, end);
    } else if (c == '[' || c == '{') {
      depth++;
      p++;
    } else if (c == ']' || c == '}') {
      if (depth == 0)
        return p;
      depth--;
      p++;
    } else if (depth == 0 && c == ',') {
      return p;
    } else {
      p++;
      continue;
    }
    if (depth == 0)
      return p;
  }
  return end;
}

static struct slice slice_value(const char *p, const char *end)
{
  const char *last = skip_value(p, end);

  while (last > p && (last[-1] == ' ' || last[-1] == '\n' || last[-1] == '\r'))
    last--;
  return (struct slice){p, (size_t)(last - p)};
}

struct slice slice_member(struct slice json, const char *name)
{
  const char *end = json.at ? json.at + json.len : NULL;
  const char *p = json.at ? skip_space(json.at, end) : NULL;
  size_t name_len = strlen(name);

  if (!p || p >= end || *p != '{')
    return (struct slice){0};
  p = skip_space(p + 1, end);
  while (p < end && *p == '"') {
    const char *key = p + 1;
    bool here;

    p = skip_string(p, end);
    here = (size_t)(p - key) == name_len + 1 && memcmp(key, name, name_len) == 0;
    p = skip_space(p, end);
    if (p >= end || *p != ':')
      break;
    p = skip_space(p + 1, end);
    if (here)
      return slice_value(p, end);
    p = skip_space(skip_value(p, end), end);
    if (p >= end || *p != ',')
      break;
    p = skip_space(p + 1, end);
  }
  return (struct slice){0};
}

struct slice slice_element(struct slice json, size_t index)
{
  const char *end = json.at ? json.at + json.len : NULL;
  const char *p = json.at ? skip_space(json.at, end) : NULL;

  if (!p || p >= end || *p != '[')
    return (struct slice){0};
  p = skip_space(p + 1, end);
  while (p < end && *p != ']') {
    if (index-- == 0)
      return slice_value(p, end);
    p = skip_space(skip_value(p, end), end);
    if (p >= end || *p != ',')
      break;
    p = skip_space(p + 1, end);
  }
  return (struct slice){0};
}

void slice_unquote(struct slice json, struct text *out)
{
  for (size_t i = 1; i + 1 < json.len; i++) {
    if (json.at[i] == '\\' && i + 2 < json.len && strchr("/\"\\", json.at[i + 1]))
      i++;
    text_add(out, json.at + i, 1);
  }
}

bool slice_is(struct slice s, const char *str)
{
  return s.at && s.len == strlen(str) && memcmp(s.at, str, s.len) == 0;
}
