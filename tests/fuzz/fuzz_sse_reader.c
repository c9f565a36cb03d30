/* SPDX-License-Identifier: MIT */
/* However the stream is cut, the events are those of one piece, none is above the ceiling
 * and all are valid UTF-8.  First byte: the ceiling; second: the size of a piece. */
#include "base/limits.h"
#include "base/utf8.h"
#include "http/sse_reader.h"

#include <stdint.h>
#include <stdlib.h>

struct agent_input {
  struct buf text; /* the events, each in a line that begins with > */
  size_t ceiling;
};

static void on_data(void *who, struct span data)
{
  struct agent_input *h = who;
  if (!utf8_valid(data) || data.len > 3 * h->ceiling)
    abort();
  buf_add_char(&h->text, '>');
  buf_add(&h->text, data);
  buf_add_char(&h->text, '\n');
}

static void on_too_long(void *who, size_t ceiling)
{
  struct agent_input *h = who;
  if (ceiling != h->ceiling)
    abort();
  buf_add_text(&h->text, "!\n");
}

static struct buf feed(struct span text, size_t ceiling, size_t step)
{
  static const struct sse_reader_calls calls = {on_data, on_too_long, NULL};
  struct agent_input h = {buf_make(64 * (size_t)MIB), ceiling};
  struct sse_reader r = sse_reader_make(ceiling, &calls, &h);
  for (size_t at = 0; at < text.len; at += step) {
    size_t n = text.len - at < step ? text.len - at : step;
    sse_reader_add(&r, (struct span){text.at + at, n});
  }
  sse_reader_free(&r);
  return h.text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 3)
    return 0;
  size_t ceiling = data[0];
  struct span text = {(const char *)data + 2, size - 2};
  struct buf whole = feed(text, ceiling, size);
  struct buf pieces = feed(text, ceiling, (size_t)data[1] + 1);
  if (!span_equal(buf_span(&whole), buf_span(&pieces)))
    abort();
  buf_free(&whole);
  buf_free(&pieces);
  return 0;
}
