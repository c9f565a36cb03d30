/* SPDX-License-Identifier: MIT */
/* However the input is cut, the lines are those of one piece, and put together again they
 * are the input.  First byte: the ceiling; second: the size of a piece. */
#include "base/limits.h"
#include "base/utf8.h"
#include "io/lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct agent_input {
  struct buf text; /* the lines, each with its \n */
  bool too_long;
};

static void on_line(void *who, struct span line)
{
  struct agent_input *h = who;
  if (!utf8_valid(line) || (line.len > 0 && memchr(line.at, '\n', line.len) != NULL))
    abort();
  buf_add(&h->text, line);
  buf_add_char(&h->text, '\n');
}

static void on_too_long(void *who, size_t ceiling)
{
  struct agent_input *h = who;
  h->too_long = true;
  buf_addf(&h->text, "too long: %zu\n", ceiling);
}

static const struct lines_calls calls = {on_line, on_too_long, NULL};

static struct agent_input feed(struct span text, size_t ceiling, size_t step,
                               unsigned long long *repaired)
{
  struct lines l = lines_make(ceiling);
  struct agent_input h = {.text = buf_make(64 * (size_t)MIB)};
  for (size_t at = 0; at < text.len; at += step) {
    size_t n = text.len - at < step ? text.len - at : step;
    lines_add(&l, (struct span){text.at + at, n}, &calls, &h);
  }
  lines_end(&l, &calls, &h);
  *repaired = l.repaired;
  lines_free(&l);
  return h;
}

/* The input as its lines should be: no \r before \n, a newline at the end, valid
 * UTF-8. */
static struct buf expected(struct span text)
{
  struct buf plain = buf_make(8 * (size_t)MIB), valid = buf_make(32 * (size_t)MIB);
  for (size_t i = 0; i < text.len; i++)
    if (text.at[i] != '\r' || i + 1 == text.len || text.at[i + 1] != '\n')
      buf_add_char(&plain, text.at[i]);
  if (text.len > 0 && text.at[text.len - 1] != '\n')
    buf_add_char(&plain, '\n');
  (void)utf8_repair(buf_span(&plain), &valid);
  buf_free(&plain);
  return valid;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  size_t ceiling = data[0], step = (size_t)data[1] + 1;
  struct span text = {(const char *)data + 2, size - 2};
  unsigned long long r1, r2, r3;
  struct agent_input whole = feed(text, ceiling, size, &r1);
  struct agent_input pieces = feed(text, ceiling, step, &r2);
  struct agent_input bytes = feed(text, ceiling, 1, &r3);
  if (!span_equal(buf_span(&whole.text), buf_span(&pieces.text)) || r1 != r2)
    abort();
  if (!span_equal(buf_span(&whole.text), buf_span(&bytes.text)) || r1 != r3)
    abort();
  struct buf want = expected(text);
  if (!whole.too_long && !span_equal(buf_span(&whole.text), buf_span(&want)))
    abort();
  buf_free(&want);
  buf_free(&whole.text);
  buf_free(&pieces.text);
  buf_free(&bytes.text);
  return 0;
}
