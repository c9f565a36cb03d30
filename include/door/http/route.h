/* SPDX-License-Identifier: MIT */
/* route.h - which of our addresses a request line names.  Pure.
 *
 *   GET /health, POST /run    as they are, without a query
 *   GET /ready, /metrics, /runs, /runs/{id}, /runs/{id}/events?after=N
 *   POST /runs/{id}/cancel
 * {id} is one path segment, percent-encoded.  Unknown parameters are ignored.  */
#ifndef DOOR_ROUTE_H
#define DOOR_ROUTE_H

#include "base/buf.h"
#include "base/fault.h"

enum route_name {
  ROUTE_NONE, /* 404 */
  ROUTE_HEALTH,
  ROUTE_RUN,
  ROUTE_READY,
  ROUTE_METRICS,
  ROUTE_RUNS,
  ROUTE_RECORD,
  ROUTE_EVENTS,
  ROUTE_CANCEL
};

struct route {
  enum route_name name;
  struct buf id;            /* of RECORD, EVENTS, CANCEL; decoded */
  unsigned long long after; /* of EVENTS; 0 when it is not given */
};

/* FAULT_BAD_INPUT: an id that cannot be decoded, an `after` that is no number. */
int route_read(struct span method, struct span target, struct route *out,
               struct fault *f);
void route_free(struct route *r);

#endif
