/* SPDX-License-Identifier: MIT */
/* otlp_span.c - names by opentelemetry/proto/trace/v1/trace.proto.  */
#include "telemetry/otlp_span.h"

#include <stdio.h>

enum { SAMPLED = 1, PARENT_IS_KNOWN = 0x100, PARENT_IS_REMOTE = 0x200, FAILED = 2 };

static void put_long(struct json_writer *w, const char *key, long long n,
                     const char *zeros)
{
  char text[32];
  int len = snprintf(text, sizeof text, "%lld%s", n, n ? zeros : "");
  json_put_text(w, key, (struct span){text, (size_t)len});
}

static void put_if(struct json_writer *w, const char *key, struct span text)
{
  if (text.len > 0)
    json_put_text(w, key, text);
}

struct json_writer otlp_span_open(const struct otlp_span *s, struct buf *out)
{
  struct json_writer w = json_write_to(out);
  long long ended = s->ended_ms > s->began_ms ? s->ended_ms : s->began_ms;
  json_open(&w, NULL, '{');
  json_put_text(&w, "traceId", s->trace_id);
  json_put_text(&w, "spanId", s->span_id);
  put_if(&w, "traceState", s->trace_state);
  put_if(&w, "parentSpanId", s->parent_id);
  json_put_int(&w, "flags",
               SAMPLED | PARENT_IS_KNOWN | (s->parent_is_remote ? PARENT_IS_REMOTE : 0));
  json_put_text(&w, "name", s->name);
  json_put_int(&w, "kind", s->kind);
  put_long(&w, "startTimeUnixNano", s->began_ms, "000000");
  put_long(&w, "endTimeUnixNano", ended, "000000");
  json_open(&w, "attributes", '[');
  return w;
}

static void open_value(struct json_writer *w, const char *key)
{
  json_open(w, NULL, '{');
  json_put_text(w, "key", span_of(key));
  json_open(w, "value", '{');
}

static void close_value(struct json_writer *w)
{
  json_close(w, '}');
  json_close(w, '}');
}

void otlp_put_text(struct json_writer *w, const char *key, struct span value)
{
  if (value.len == 0)
    return;
  open_value(w, key);
  json_put_text(w, "stringValue", value);
  close_value(w);
}

void otlp_put_list(struct json_writer *w, const char *key, struct span only)
{
  if (only.len == 0)
    return;
  open_value(w, key);
  json_open(w, "arrayValue", '{');
  json_open(w, "values", '[');
  json_open(w, NULL, '{');
  json_put_text(w, "stringValue", only);
  json_close(w, '}');
  json_close(w, ']');
  json_close(w, '}');
  close_value(w);
}

void otlp_put_double(struct json_writer *w, const char *key, struct span raw_json)
{
  if (raw_json.len == 0)
    return;
  open_value(w, key);
  json_put_raw(w, "doubleValue", raw_json);
  close_value(w);
}

void otlp_put_number(struct json_writer *w, const char *key, long long value)
{
  if (value < 0)
    return;
  open_value(w, key);
  put_long(w, "intValue", value, "");
  close_value(w);
}

void otlp_span_close(struct json_writer *w, struct span error, struct span message)
{
  otlp_put_text(w, "error.type", error);
  json_close(w, ']');
  if (error.len > 0) {
    json_open(w, "status", '{');
    put_if(w, "message", message);
    json_put_int(w, "code", FAILED);
    json_close(w, '}');
  }
  json_close(w, '}');
}
