/* SPDX-License-Identifier: MIT */
/* file_change.c - one hunk between the first and the last line that differ. */
#include "file_change.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <stdio.h>
#include <string.h>

enum { CONTEXT = 3 };

struct diff {
  struct buf text;
  size_t bytes; /* that it would have */
};

static void put(struct buf *out, struct span path, const char *kind, const struct diff *d)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "path", path);
  json_put_text(&w, "kind", span_of(kind));
  json_put_text(&w, "diff", buf_span(&d->text));
  if (d->bytes > d->text.len) {
    json_open(&w, "truncated", '{');
    json_put_int(&w, "bytes", (long long)d->bytes);
    json_close(&w, '}');
  }
  json_close(&w, '}');
}

/* The first line, its newline included. */
static struct span line_of(struct span text)
{
  const char *end = text.len > 0 ? memchr(text.at, '\n', text.len) : NULL;
  return end ? (struct span){text.at, (size_t)(end - text.at) + 1} : text;
}

/* While there is room, whole lines; but once there was none, no more of them. */
static void add(struct diff *d, const char *front, struct span line)
{
  size_t bytes = strlen(front) + line.len;
  if (d->bytes == d->text.len && d->text.len + bytes <= LIMIT_DIFF_BYTES) {
    buf_add_text(&d->text, front);
    buf_add(&d->text, line);
  }
  d->bytes += bytes;
}

static void add_lines(struct diff *d, const char *front, struct span text)
{
  while (text.len > 0) {
    struct span line = line_of(text);
    add(d, front, line);
    if (line.at[line.len - 1] != '\n')
      add(d, "\n\\ No newline at end of file\n", (struct span){0});
    text = span_after(text, line.len);
  }
}

static size_t count_lines(struct span text)
{
  size_t n = text.len > 0 && text.at[text.len - 1] != '\n';
  for (size_t i = 0; i < text.len; i++)
    n += text.at[i] == '\n';
  return n;
}

/* The last lines of a text whose lines all end. */
static struct span last_lines(struct span text, unsigned lines)
{
  size_t at = text.len;
  while (at > 0 && (text.at[at - 1] != '\n' || at == text.len || lines-- > 1))
    at--;
  return span_after(text, at);
}

static struct span first_lines(struct span text, unsigned lines)
{
  struct span rest = text;
  while (rest.len > 0 && lines-- > 0)
    rest = span_after(rest, line_of(rest).len);
  return (struct span){text.at, text.len - rest.len};
}

void file_change_head(struct buf *out, struct span path, const char *kind)
{
  struct span none = SPAN_LITERAL("/dev/null");
  struct span old = !strcmp(kind, "add") ? none : path;
  struct span now = !strcmp(kind, "delete") ? none : path;
  buf_addf(out, "--- %.*s\n+++ %.*s\n", SPAN_ARG(old), SPAN_ARG(now));
}

/* How many bytes of whole lines both begin with. */
static size_t common_front(struct span old, struct span now)
{
  size_t n = 0, lines = 0;
  for (; n < old.len && n < now.len && old.at[n] == now.at[n]; n++)
    if (old.at[n] == '\n')
      lines = n + 1;
  return n == old.len && n == now.len ? n : lines;
}

/* … and end with. */
static size_t common_end(struct span old, struct span now)
{
  size_t n = 0, lines = 0;
  for (; n < old.len && n < now.len; n++) {
    if (old.at[old.len - n - 1] != now.at[now.len - n - 1])
      return lines;
    bool first = n + 1 == old.len || old.at[old.len - n - 2] == '\n';
    if (first && (n + 1 == now.len || now.at[now.len - n - 2] == '\n'))
      lines = n + 1;
  }
  return lines;
}

static void add_hunk(struct diff *d, const char *head, struct span old, struct span now)
{
  struct span front = {old.at, common_front(old, now)};
  old = span_after(old, front.len);
  now = span_after(now, front.len);
  size_t end = common_end(old, now);
  old.len -= end;
  now.len -= end;
  if (old.len + now.len == 0)
    return;
  struct span before = last_lines(front, CONTEXT),
              after = first_lines((struct span){old.at + old.len, end}, CONTEXT);
  size_t around = count_lines(before) + count_lines(after);
  size_t gone = around + count_lines(old), come = around + count_lines(now);
  size_t first = count_lines(front) - count_lines(before);
  char place[100];
  add(d, head, (struct span){0});
  snprintf(place, sizeof place, "@@ -%zu,%zu +%zu,%zu @@\n", first + (gone > 0), gone,
           first + (come > 0), come);
  add(d, place, (struct span){0});
  add_lines(d, " ", before);
  add_lines(d, "-", old);
  add_lines(d, "+", now);
  add_lines(d, " ", after);
}

static struct diff diff_make(void)
{
  return (struct diff){.text = buf_make(LIMIT_DIFF_BYTES + LIMIT_NAME_BYTES)};
}

void file_change_put(struct buf *out, struct span path, const char *kind,
                     struct span diff)
{
  struct diff d = diff_make();
  for (struct span line; diff.len > 0; diff = span_after(diff, line.len)) {
    line = line_of(diff);
    add(&d, "", line);
  }
  put(out, path, kind, &d);
  buf_free(&d.text);
}

void file_change_put_texts(struct buf *out, struct span path, const char *kind,
                           struct span old, struct span now)
{
  struct diff d = diff_make();
  struct buf head = buf_make(2 * path.len + 100);
  file_change_head(&head, path, kind);
  add_hunk(&d, buf_cstring(&head), old, now);
  put(out, path, kind, &d);
  buf_free(&head);
  buf_free(&d.text);
}

void file_change_tell(struct events *events, struct buf *value)
{
  events_custom(events, "file.changed", buf_span(value));
  buf_free(value);
}
