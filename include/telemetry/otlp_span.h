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

struct otlp_attribute {
  const char *key;
  enum {
    OTLP_TEXT,   /* empty: no value */
    OTLP_LIST,   /* of this one text; empty: no value */
    OTLP_DOUBLE, /* a raw JSON number; empty: no value */
    OTLP_NUMBER  /* negative: no value */
  } type;
  struct span text;
  long long number;
};

struct otlp_span {
  struct span trace_id, span_id, parent_id; /* hex; no parent: empty */
  struct span trace_state, name;
  enum otlp_kind kind;
  bool parent_is_remote;
  long long began_ms, ended_ms; /* epoch; an end before the beginning is one at it */
  const struct otlp_attribute *attributes;
  size_t attribute_count;
  bool failed;
  struct span message; /* of the failure; may be empty */
};

/* Appends the object. */
void otlp_span_write(const struct otlp_span *s, struct buf *out);
/* "attributes":[…] */
void otlp_put_attributes(struct json_writer *w, const struct otlp_attribute *attributes,
                         size_t count);

#endif
