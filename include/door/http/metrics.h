/* SPDX-License-Identifier: MIT */
/* metrics.h - the figures of GET /metrics as text.  Pure.
 *
 * Wire: the Prometheus text exposition format, version 0.0.4.  Counters end in _total
 * and only grow while the process lives; times are seconds, sizes bytes.  */
#ifndef DOOR_METRICS_H
#define DOOR_METRICS_H

#include "io/self_usage.h"
#include "service/counters.h"
#include "service/records.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics {
  const char *version;
  const struct counters *counters;
  struct records_figures now;
  struct self_usage self;
};

void metrics_write(const struct metrics *m, struct buf *out);

#endif
