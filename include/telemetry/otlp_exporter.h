/* SPDX-License-Identifier: MIT */
/* otlp_exporter.h - finished spans to a collector, by OTLP over HTTP in JSON.
 *
 * Spans wait LIMIT_OTLP_BATCH_MS for others, then they leave in one POST; one POST at a
 * time.  What LIMIT_OTLP_QUEUE_BYTES has no room for meanwhile is dropped: nobody ever
 * waits for a collector.  A batch that it could take later (429, 502, 503, 504, no
 * answer) is sent LIMIT_OTLP_TRIES times, as its Retry-After says or after 1, 2, … s; any
 * other answer drops it.  What is dropped is counted, and said in the log at most once in
 * LIMIT_OTLP_SAY_MS.
 *
 * otlp_exporter_end() is for when the last run is over: what waits leaves at once, and
 * after LIMIT_OTLP_FLUSH_MS the rest is dropped.  While spans wait or are under way the
 * loop has something to wait for.  */
#ifndef TELEMETRY_OTLP_EXPORTER_H
#define TELEMETRY_OTLP_EXPORTER_H

#include "telemetry/otlp_settings.h"

struct uv_loop_s;
struct http_client;
struct otlp_exporter;

struct otlp_counts {
  unsigned long long sent, dropped;
};

/* `settings` outlive it. */
struct otlp_exporter *otlp_exporter_open(struct uv_loop_s *loop,
                                         struct http_client *client,
                                         const struct otlp_settings *settings);
void otlp_exporter_add(struct otlp_exporter *x, struct span span_json);
void otlp_exporter_end(struct otlp_exporter *x);                        /* NULL is fine */
struct otlp_counts otlp_exporter_counts(const struct otlp_exporter *x); /* NULL: zeros */
/* At once; its memory goes when the client has answered or is closed.  NULL is fine. */
void otlp_exporter_close(struct otlp_exporter *x);

#endif
