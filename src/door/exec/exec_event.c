/* SPDX-License-Identifier: MIT */
/* exec_event.c - pieces of text as text, all others as base64. */
#include "exec_event.h"

#include "base/base64.h"
#include "base/json_write.h"
#include "base/signal_name.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static struct json_writer begin(const char *type, struct buf *out)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", span_of(type));
  return w;
}

static void end_line(struct json_writer *w, struct buf *out)
{
  json_close(w, '}');
  buf_add_char(out, '\n');
}

static void put_piece(const struct exec_stream *s, struct span bytes, struct buf *out)
{
  if (bytes.len == 0)
    return;
  struct json_writer w = begin(s->name, out);
  if (utf8_valid(bytes)) {
    json_put_text(&w, "data", bytes);
  } else {
    buf_add_text(out, ",\"base64\":\"");
    base64_encode(bytes, out);
    buf_add_char(out, '"');
  }
  end_line(&w, out);
}

/* How many bytes at the end may be the beginning of a character. */
static size_t begun(struct span s)
{
  for (size_t n = 1; n <= 3 && n <= s.len; n++) {
    unsigned char c = (unsigned char)s.at[s.len - n];
    if (c >= 0xc2 && c <= 0xf4)
      return n < (c >= 0xf0 ? 4u : c >= 0xe0 ? 3u : 2u) ? n : 0;
    if (c < 0x80 || c >= 0xc0)
      return 0;
  }
  return 0;
}

void exec_event_data(struct exec_stream *s, struct span bytes, struct buf *out)
{
  struct buf whole = buf_make(sizeof s->begun + bytes.len);
  buf_add(&whole, (struct span){s->begun, s->begun_bytes});
  buf_add(&whole, bytes);
  struct span all = buf_span(&whole);
  s->begun_bytes = begun(all);
  all.len -= s->begun_bytes;
  if (s->begun_bytes > 0)
    memcpy(s->begun, all.at + all.len, s->begun_bytes);
  put_piece(s, all, out);
  buf_free(&whole);
}

void exec_event_data_end(struct exec_stream *s, struct buf *out)
{
  put_piece(s, (struct span){s->begun, s->begun_bytes}, out);
  s->begun_bytes = 0;
}

void exec_event_exit(const struct process_end *end, bool timed_out,
                     unsigned long long duration_ms, struct buf *out)
{
  struct json_writer w = begin("exit", out);
  const char *name = signal_name(end->signal);
  char number[24];
  snprintf(number, sizeof number, "SIG%d", end->signal);
  if (end->signal > 0) {
    json_put_null(&w, "code");
    json_put_text(&w, "signal", span_of(name ? name : number));
  } else {
    json_put_int(&w, "code", end->status);
    json_put_null(&w, "signal");
  }
  json_put_bool(&w, "timedOut", timed_out);
  json_put_int(&w, "durationMs", (long long)duration_ms);
  end_line(&w, out);
}

void exec_event_error(struct span message, struct buf *out)
{
  struct json_writer w = begin("error", out);
  json_put_text(&w, "message", message);
  end_line(&w, out);
}
