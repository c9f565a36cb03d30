/* SPDX-License-Identifier: MIT */
/* Whatever an agent says, the transcript drives no terminal: no control byte but newline
 * and tab, none but our own colours, nothing of what shows nothing.  Each event: a byte
 * that says which, one for the length of its text, the text. */
#include "base/limits.h"
#include "base/utf8.h"
#include "collector.h"
#include "event/event.h"
#include "event/formats.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void tell(struct events *e, unsigned what, struct span text)
{
  struct span half = {text.at, text.len / 2}, rest = span_after(text, text.len / 2);
  switch (what % 8) {
  case 0:
    events_text(e, text);
    break;
  case 1:
    events_reasoning(e, text);
    break;
  case 2:
    events_tool_call(e, what > 127 ? TOOL_HOST : TOOL_NATIVE, half, rest,
                     (struct span){0});
    break;
  case 3:
    events_tool_result(e, half, rest, what > 127);
    break;
  case 4:
    events_warn(e, "code", text);
    break;
  case 5:
    events_text_open(e, text);
    break;
  case 6:
    events_text_close(e);
    break;
  default:
    events_fail(e, half, rest);
  }
}

/* Our own colours are ESC [ digits m; nothing else may be of a terminal's. */
static void check(struct span text, bool colour)
{
  while (text.len > 0) {
    struct span c = {text.at, utf8_length(text)};
    if (c.at[0] == 0x1b) {
      size_t i = 2;
      if (!colour || text.len < 4 || text.at[1] != '[')
        abort();
      while (i < text.len && text.at[i] >= '0' && text.at[i] <= '9')
        i++;
      if (i > 4 || i == text.len || text.at[i] != 'm')
        abort();
      text = span_after(text, i + 1);
      continue;
    }
    if (c.at[0] != '\n' && c.at[0] != '\t' && utf8_is_hostile(c))
      abort();
    text = span_after(text, c.len);
  }
}

static void show(const char *format, struct span input)
{
  struct buf text = buf_make(64 * (size_t)MIB);
  struct collector sink = collector_make(&text);
  struct events_setup setup = {.run_id = SPAN_LITERAL("r"),
                               .thread_id = SPAN_LITERAL("t"),
                               .model = SPAN_LITERAL("m\x1b[2J"),
                               .format = formats_find(span_of(format)),
                               .sink = &sink.sink};
  struct events *e = events_new(&setup);
  while (input.len >= 2) {
    unsigned what = (unsigned char)input.at[0];
    size_t length = (unsigned char)input.at[1];
    input = span_after(input, 2);
    if (length > input.len)
      length = input.len;
    struct buf valid = buf_make(3 * length + 1);
    utf8_repair((struct span){input.at, length}, &valid);
    tell(e, what, buf_span(&valid));
    buf_free(&valid);
    input = span_after(input, length);
  }
  events_free(e);
  check(buf_span(&text), format[sizeof "pretty" - 1]);
  buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span input = {(const char *)data, size};
  show("pretty", input);
  show("pretty-colour", input);
  return 0;
}
