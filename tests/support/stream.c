/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include "agui_check.h"
#include "base/clock.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void stream_open(struct stream *s, const struct event_format *format,
                 size_t max_chunk_bytes)
{
  clock_freeze(7);
  s->text = buf_make(LIMIT_EVENT_LINE_BYTES);
  s->sink = collector_make(&s->text);
  s->format = format;
  struct events_setup setup = {.run_id = SPAN_LITERAL("r"),
                               .thread_id = SPAN_LITERAL("t"),
                               .model = SPAN_LITERAL("m"),
                               .format = format,
                               .max_chunk_bytes = max_chunk_bytes,
                               .sink = &s->sink.sink};
  s->events = events_new(&setup);
}

void stream_close(struct stream *s)
{
  events_free(s->events);
  const char *why = agui_check_stream(buf_span(&s->text), s->format);
  if (why != NULL)
    fail_msg("%s\n%s", why, buf_cstring(&s->text));
  assert_true(s->sink.ended);
  buf_free(&s->text);
  clock_freeze(-1);
}

struct span stream_line(const struct stream *s, size_t index)
{
  struct span rest = buf_span(&s->text);
  while (rest.len > 0) {
    const char *end = memchr(rest.at, '\n', rest.len);
    size_t len = (size_t)(end - rest.at);
    if (index-- == 0)
      return (struct span){rest.at, len};
    rest = span_after(rest, len + 1);
  }
  return (struct span){0};
}

size_t stream_count(const struct stream *s)
{
  size_t count = 0;
  for (size_t i = 0; i < s->text.len; i++)
    count += s->text.at[i] == '\n';
  return count;
}

size_t stream_count_of(const struct stream *s, const char *type)
{
  char front[80];
  size_t count = 0, lines = stream_count(s);
  (void)snprintf(front, sizeof front, "{\"type\":\"%s\"", type);
  for (size_t i = 0; i < lines; i++)
    count += span_starts(stream_line(s, i), front);
  return count;
}

void stream_expect(const struct stream *s, size_t index, const char *line)
{
  struct span got = stream_line(s, index);
  if (!span_is(got, line))
    fail_msg("line %zu is\n%.*s\nnot\n%s", index, (int)got.len, got.at ? got.at : "",
             line);
}

void stream_expect_last(const struct stream *s, const char *line)
{
  stream_expect(s, stream_count(s) - 1, line);
}
