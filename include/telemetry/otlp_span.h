/* SPDX-License-Identifier: MIT */
/* otlp_span.h - a finished span as OTLP's JSON has it.  Pure.
 *
 * Protobuf's mapping to JSON with OTLP's own rules: lowerCamelCase names, ids as hex,
 * enums as numbers, 64-bit numbers (times in nanoseconds among them) as strings.  Texts
 * are UTF-8.  An attribute without a value is left out.  */
#ifndef TELEMETRY_OTLP_SPAN_H
#define TELEMETRY_OTLP_SPAN_H

#include "base/json_write.h"

enum otlp_kind { OTLP_INTERNAL = 1, OTLP_CLIENT = 3 };

struct otlp_span {
  struct span trace_id, span_id, parent_id; /* hex; no parent: empty */
  struct span trace_state, name;
  enum otlp_kind kind;
  bool parent_is_remote;
  long long began_ms, ended_ms; /* epoch; an end before the beginning is one at it */
};

/* Appends the object up to its first attribute, … */
struct json_writer otlp_span_open(const struct otlp_span *s, struct buf *out);
/* … attributes; no value is an empty text, a negative number, … */
void otlp_put_text(struct json_writer *w, const char *key, struct span value);
void otlp_put_list(struct json_writer *w, const char *key, struct span only);
void otlp_put_double(struct json_writer *w, const char *key, struct span raw_json);
void otlp_put_number(struct json_writer *w, const char *key, long long value);
/* … and the rest.  `error`: its error.type; empty: it went well.  `message`: may be. */
void otlp_span_close(struct json_writer *w, struct span error, struct span message);

#endif
