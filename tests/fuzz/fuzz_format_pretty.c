/* SPDX-License-Identifier: MIT */
/* Whatever an agent says, the transcript drives no terminal: no control byte but newline
 * and tab, none but our own colours, nothing of what shows nothing.  Each event: a byte
 * that says which, one for the length of its text, the text. */
#include "base/json_write.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "collector.h"
#include "event/event.h"
#include "event/event_session.h"
#include "event/formats.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void tell_path(struct events *e, struct span path)
{
  struct buf value = buf_make(MIB);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("create"));
  json_put_text(&w, "path", path);
  json_close(&w, '}');
  events_custom(e, "sandbox.file", buf_span(&value));
  buf_free(&value);
}

static void tell(struct events *e, unsigned what, struct span text)
{
  struct span half = {text.at, text.len / 2}, rest = span_after(text, text.len / 2);
  switch (what % 11) {
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
  case 7:
    events_fail(e, half, rest);
    break;
  case 8:
    events_custom(e, "runlet.heartbeat", SPAN_LITERAL("{}"));
    break;
  case 9:
    tell_path(e, text);
    break;
  default:
    events_session(e, "x", &(struct event_session){.id = text});
  }
}

/* Ours about the sign of life; how long the one that `text` begins with is, or 0. */
static size_t own_length(struct span text)
{
  static const char *const own[] = {"\0337\033[?7l", "\033[?7h\0338", "\033[K"};
  for (size_t i = 0; i < 3; i++)
    if (span_starts(text, own[i]))
      return strlen(own[i]);
  return 0;
}

/* Our own colours are ESC [ digits m; nothing else may be of a terminal's. */
static void check(struct span text, bool live, bool colour)
{
  while (text.len > 0) {
    struct span c = {text.at, utf8_length(text)};
    if (c.at[0] == 0x1b) {
      size_t i = 2, own = live ? own_length(text) : 0;
      text = span_after(text, own);
      if (own > 0)
        continue;
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
  check(buf_span(&text), strlen(format) > strlen("pretty-full"),
        strstr(format, "colour"));
  buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span input = {(const char *)data, size};
  show("pretty", input);
  show("pretty-full", input);
  show("pretty-terminal", input);
  show("pretty-colour", input);
  show("pretty-colour-full", input);
  return 0;
}
