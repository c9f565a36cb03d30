/* SPDX-License-Identifier: MIT */
/* metrics.h - the figures of the service, for GET /metrics.
 *
 * In the Prometheus text format (door/http/prometheus.h).  Counters end in _total and
 * only grow while the process lives; times are seconds, sizes bytes.  */
#ifndef DOOR_METRICS_H
#define DOOR_METRICS_H

#include "door/http/route.h"
#include "io/self_usage.h"
#include "service/counters.h"
#include "service/records.h"
#include "telemetry/otlp_exporter.h"

struct metrics {
  const char *version;
  const struct counters *counters;
  struct records_figures now;
  struct self_usage self;
  struct otlp_counts spans;
};

void metrics_write(const struct metrics *m, struct buf *out);
void metrics_answer(struct runs_door *d, struct http_exchange *x,
                    const struct route_target *target);

#endif
