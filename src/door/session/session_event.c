/* SPDX-License-Identifier: MIT */
/* session_event.c - base64 needs no escaping, so that what a process prints is copied
 * once.  */
#include "session_event.h"

#include "base/base64.h"
#include "base/json_write.h"
#include "base/signal_name.h"

#include <stdio.h>

static struct json_writer begin(struct buf *out, unsigned long long seq, const char *type)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  if (seq > 0)
    json_put_int(&w, "seq", (long long)seq);
  json_put_text(&w, "type", span_of(type));
  return w;
}

static void end_line(struct buf *out, struct json_writer *w)
{
  json_close(w, '}');
  buf_add_char(out, '\n');
}

void session_event_data(struct buf *out, unsigned long long seq, bool is_stderr,
                        struct span bytes)
{
  struct json_writer w = begin(out, seq, "data");
  json_put_text(&w, "stream", span_of(is_stderr ? "stderr" : "stdout"));
  buf_add_text(out, ",\"data\":\"");
  base64_encode(bytes, out);
  buf_add_char(out, '"');
  end_line(out, &w);
}

void session_event_error(struct buf *out, unsigned long long seq, struct span message)
{
  struct json_writer w = begin(out, seq, "error");
  json_put_text(&w, "message", message);
  end_line(out, &w);
}

void session_event_exit(struct buf *out, unsigned long long seq,
                        const struct process_end *end)
{
  struct json_writer w = begin(out, seq, "exit");
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
  end_line(out, &w);
}

void session_event_ack(struct buf *out, unsigned long long seq)
{
  struct json_writer w = begin(out, seq, "shutdownAck");
  end_line(out, &w);
}
