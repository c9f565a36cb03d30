/* SPDX-License-Identifier: MIT */
/* sink_ndjson.h - events as lines, collected in memory (translate, tests) or handed on.
 *
 * The simplest sink there is: it appends each line to a buf the caller owns.  The sinks
 * that write to a socket or to stdout live with their doors, as they need a loop.  */
#ifndef EVENT_SINK_NDJSON_H
#define EVENT_SINK_NDJSON_H

#include "event/event.h"

struct sink_ndjson {
  struct sink sink; /* first: a struct sink * is a struct sink_ndjson * */
  struct buf *out;  /* borrowed; the caller drains it */
  bool ended;
};
struct sink_ndjson sink_ndjson_make(struct buf *out);

#endif
