/* SPDX-License-Identifier: MIT */
/* gateway_target.c - the path grows a segment at a time; ".." cuts the last one off.  */
#include "gateway_target.h"

#include <string.h>

static bool is_slash(char c)
{
  return c == '/' || c == '\\';
}

static void put_encoded(struct buf *out, struct span text, const char *also)
{
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.at[i];
    if (c <= ' ' || c > '~' || strchr(also, c))
      buf_addf(out, "%%%02X", c);
    else
      buf_add_char(out, (char)c);
  }
}

/* How many dots this segment stands for, "%2e" being one too; 0: it is a name. */
static unsigned dots_of(struct span segment)
{
  unsigned dots = 0;
  while (segment.len > 0) {
    struct span three = {segment.at, segment.len < 3 ? segment.len : 3};
    bool escaped = span_is_nocase(three, "%2e");
    if (!escaped && segment.at[0] != '.')
      return 0;
    segment = span_after(segment, escaped ? 3 : 1);
    dots++;
  }
  return dots <= 2 ? dots : 0;
}

static void cut_segment(struct buf *path)
{
  while (path->len > 0 && path->at[path->len - 1] != '/')
    path->len--;
  if (path->len > 0)
    path->len--;
}

static void put_path(struct buf *path, struct span text)
{
  do {
    if (text.len > 0 && is_slash(text.at[0]))
      text = span_after(text, 1);
    size_t len = 0;
    while (len < text.len && !is_slash(text.at[len]))
      len++;
    struct span segment = {text.at, len};
    unsigned dots = dots_of(segment);
    text = span_after(text, len);
    if (dots == 2)
      cut_segment(path);
    if (dots > 0 && text.len > 0)
      continue; /* the next segment stands in its place */
    buf_add_char(path, '/');
    if (dots == 0)
      put_encoded(path, segment, "\"#<>?`{}");
  } while (text.len > 0);
}

/* "//host/path" is a URL of another host: what counts is its path. */
static int drop_authority(struct span *path, struct fault *f)
{
  if (path->len < 2 || !is_slash(path->at[0]) || !is_slash(path->at[1]))
    return 0;
  while (path->len > 0 && is_slash(path->at[0]))
    *path = span_after(*path, 1);
  if (path->len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "Invalid URL");
  while (path->len > 0 && !is_slash(path->at[0]))
    *path = span_after(*path, 1);
  return 0;
}

int gateway_target_read(struct span target, struct gateway_target *out, struct fault *f)
{
  const char *fragment = target.len > 0 ? memchr(target.at, '#', target.len) : NULL;
  if (fragment)
    target.len = (size_t)(fragment - target.at);
  const char *mark = target.len > 0 ? memchr(target.at, '?', target.len) : NULL;
  struct span path = {target.at, mark ? (size_t)(mark - target.at) : target.len};
  struct span query = span_after(target, path.len);
  *out = (struct gateway_target){.path = buf_make(3 * target.len + 16),
                                 .query = buf_make(3 * target.len + 16)};
  if (drop_authority(&path, f) < 0)
    return -1;
  put_path(&out->path, path);
  if (query.len > 1) {
    buf_add_char(&out->query, '?');
    put_encoded(&out->query, span_after(query, 1), "\"#<>'");
  }
  return 0;
}

void gateway_target_free(struct gateway_target *t)
{
  buf_free(&t->path);
  buf_free(&t->query);
}
