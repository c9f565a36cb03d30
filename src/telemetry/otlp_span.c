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

static void put_value(struct json_writer *w, const struct otlp_attribute *a)
{
  json_open(w, "value", '{');
  if (a->type == OTLP_NUMBER)
    put_long(w, "intValue", a->number, "");
  else if (a->type == OTLP_DOUBLE)
    json_put_raw(w, "doubleValue", a->text);
  else if (a->type == OTLP_TEXT)
    json_put_text(w, "stringValue", a->text);
  if (a->type == OTLP_LIST) {
    json_open(w, "arrayValue", '{');
    json_open(w, "values", '[');
    json_open(w, NULL, '{');
    json_put_text(w, "stringValue", a->text);
    json_close(w, '}');
    json_close(w, ']');
    json_close(w, '}');
  }
  json_close(w, '}');
}

void otlp_put_attributes(struct json_writer *w, const struct otlp_attribute *attributes,
                         size_t count)
{
  json_open(w, "attributes", '[');
  for (size_t i = 0; i < count; i++) {
    const struct otlp_attribute *a = &attributes[i];
    if (a->type == OTLP_NUMBER ? a->number < 0 : a->text.len == 0)
      continue;
    json_open(w, NULL, '{');
    json_put_text(w, "key", span_of(a->key));
    put_value(w, a);
    json_close(w, '}');
  }
  json_close(w, ']');
}

void otlp_span_write(const struct otlp_span *s, struct buf *out)
{
  struct json_writer w = json_write_to(out);
  long long ended = s->ended_ms > s->began_ms ? s->ended_ms : s->began_ms;
  json_open(&w, NULL, '{');
  json_put_text(&w, "traceId", s->trace_id);
  json_put_text(&w, "spanId", s->span_id);
  if (s->trace_state.len > 0)
    json_put_text(&w, "traceState", s->trace_state);
  if (s->parent_id.len > 0)
    json_put_text(&w, "parentSpanId", s->parent_id);
  json_put_int(&w, "flags",
               SAMPLED | PARENT_IS_KNOWN | (s->parent_is_remote ? PARENT_IS_REMOTE : 0));
  json_put_text(&w, "name", s->name);
  json_put_int(&w, "kind", s->kind);
  put_long(&w, "startTimeUnixNano", s->began_ms, "000000");
  put_long(&w, "endTimeUnixNano", ended, "000000");
  otlp_put_attributes(&w, s->attributes, s->attribute_count);
  if (s->failed) {
    json_open(&w, "status", '{');
    if (s->message.len > 0)
      json_put_text(&w, "message", s->message);
    json_put_int(&w, "code", FAILED);
    json_close(&w, '}');
  }
  json_close(&w, '}');
}
