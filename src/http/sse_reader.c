/* SPDX-License-Identifier: MIT */
/* sse_reader.c - lines come from io/lines.h, which has repaired them; here they are only
 * told apart. */
#include "http/sse_reader.h"

#include "base/limits.h"

struct sse_reader sse_reader_make(size_t ceiling, const struct sse_reader_calls *calls,
                                  void *who)
{
  return (struct sse_reader){.lines = lines_make(ceiling),
                             .data = buf_make(ceiling),
                             .calls = calls,
                             .who = who};
}

static void event_ends(struct sse_reader *r)
{
  if (r->has_data && !r->spoiled)
    r->calls->on_data(r->who, buf_span(&r->data));
  r->has_data = r->spoiled = false;
  if (r->data.capacity > LIMIT_READ_BYTES)
    buf_free(&r->data);
  else
    buf_clear(&r->data);
}

static void too_long(struct sse_reader *r)
{
  if (!r->spoiled)
    r->calls->on_too_long(r->who, r->lines.ceiling);
  r->spoiled = true;
}

static void on_line(void *who, struct span line)
{
  struct sse_reader *r = who;
  if (line.len == 0) {
    event_ends(r);
    return;
  }
  if (!span_starts(line, "data"))
    return;
  line = span_after(line, 4);
  if (line.len > 0 && line.at[0] != ':')
    return; /* another field, whose name only begins with "data" */
  line = span_after(line, line.len > 0);
  if (span_starts(line, " "))
    line = span_after(line, 1);
  if (r->has_data)
    buf_add_char(&r->data, '\n');
  r->has_data = true;
  buf_add(&r->data, line);
  if (r->data.overflowed)
    too_long(r);
}

static void on_long_line(void *who, size_t ceiling)
{
  (void)ceiling;
  too_long(who);
}

static bool is_enough(void *who)
{
  struct sse_reader *r = who;
  return r->calls->is_enough && r->calls->is_enough(r->who);
}

size_t sse_reader_add(struct sse_reader *r, struct span bytes)
{
  static const struct lines_calls calls = {on_line, on_long_line, is_enough};
  return lines_add(&r->lines, bytes, &calls, r);
}

void sse_reader_free(struct sse_reader *r)
{
  lines_free(&r->lines);
  buf_free(&r->data);
}
