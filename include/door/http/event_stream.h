/* SPDX-License-Identifier: MIT */
/* event_stream.h - one HTTP answer that follows the events of a run.
 *
 *   NDJSON  the lines as they are; x-runlet-first-seq says the number of the first, each
 *           further line has the next; blank lines keep a silent stream alive
 *   SSE     "id: <number>", "data: <line>"; comments keep it alive.  Wire: the HTML
 *           standard, server-sent events
 * Neither blank lines, comments nor gaps have a number.  A gap is CUSTOM runlet.gap
 * {"from","to"}; the line after it is number to + 1.
 *
 * What is kept comes first, then what happens, up to the run's last line, and then the
 * end.  A stream takes from the journal only what the client takes: at most
 * LIMIT_READER_BYTES wait in it.  It frees itself when it has ended or when its client
 * is gone.  */
#ifndef DOOR_EVENT_STREAM_H
#define DOOR_EVENT_STREAM_H

#include "service/records.h"

struct uv_loop_s;
struct http_exchange;

struct event_stream_setup {
  struct uv_loop_s *loop;
  struct record *record;
  unsigned long long after; /* begins with the line after this one */
  bool posted;              /* this client stands behind the run (service/records.h) */
  bool sse;
  unsigned *open; /* counted up now, down when it is gone */
};

/* Answers `x` with 200 and the stream. */
void event_stream_open(struct http_exchange *x, const struct event_stream_setup *setup);

#endif
