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
  size_t n = 0;
  for (; text.len > 0; n++)
    text = span_after(text, line_of(text).len);
  return n;
}

/* The bytes of the last line of it. */
static size_t last_line(struct span text)
{
  size_t n = text.len > 0;
  while (n > 0 && n < text.len && text.at[text.len - n - 1] != '\n')
    n++;
  return n;
}

void file_change_head(struct buf *out, struct span path, const char *kind)
{
  struct span none = SPAN_LITERAL("/dev/null");
  struct span old = !strcmp(kind, "add") ? none : path;
  struct span now = !strcmp(kind, "delete") ? none : path;
  buf_addf(out, "--- %.*s\n+++ %.*s\n", SPAN_ARG(old), SPAN_ARG(now));
}

/* Lines that both begin with; `old` and `now` go behind them, but for CONTEXT. */
static size_t skip_front(struct span *old, struct span *now, size_t *context)
{
  size_t lines = 0, kept[CONTEXT] = {0};
  *context = 0;
  for (; old->len > 0; lines++) {
    struct span line = line_of(*old);
    if (!span_equal(line, line_of(*now)))
      break;
    kept[lines % CONTEXT] = line.len;
    *old = span_after(*old, line.len);
    *now = span_after(*now, line.len);
  }
  for (size_t i = 0; i < CONTEXT && i < lines; i++)
    *context += kept[i];
  return lines;
}

/* Bytes of lines that both end with. */
static size_t common_end(struct span old, struct span now)
{
  size_t bytes = 0;
  for (;;) {
    size_t n = last_line(old);
    if (n == 0 || n != last_line(now) ||
        memcmp(old.at + old.len - n, now.at + now.len - n, n) != 0)
      return bytes;
    bytes += n;
    old.len -= n;
    now.len -= n;
  }
}

static struct span first_lines(struct span text, size_t lines)
{
  struct span rest = text;
  for (size_t i = 0; i < lines && rest.len > 0; i++)
    rest = span_after(rest, line_of(rest).len);
  return (struct span){text.at, text.len - rest.len};
}

static void add_hunk(struct diff *d, const char *head, struct span old, struct span now)
{
  size_t context, front = skip_front(&old, &now, &context);
  size_t end = common_end(old, now);
  struct span before = {old.at ? old.at - context : NULL, context};
  struct span after = first_lines(span_after(old, old.len - end), CONTEXT);
  old.len -= end;
  now.len -= end;
  if (old.len + now.len == 0)
    return;
  size_t shown = count_lines(before) + count_lines(after), gone = count_lines(old),
         come = count_lines(now), first = front - count_lines(before);
  char place[100];
  add(d, head, (struct span){0});
  snprintf(place, sizeof place, "@@ -%zu,%zu +%zu,%zu @@\n", first + (shown + gone > 0),
           shown + gone, first + (shown + come > 0), shown + come);
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
