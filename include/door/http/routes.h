/* SPDX-License-Identifier: MIT */
/* routes.h - the addresses of the service, one row each.
 *
 *   GET /health, POST /run    as they are, without a query
 *   GET /ready, /metrics, /runs, /runs/{id}, /runs/{id}/events?after=N
 *   POST /runs/{id}/cancel, /v1/runs, /agui
 * Unknown parameters are ignored.  To add an address: a file with its answer, which reads
 * the runs_door and the target that it is given, and a row in routes.c.  */
#ifndef DOOR_ROUTES_H
#define DOOR_ROUTES_H

#include "door/http/route.h"

struct http_request;

/* Whether anybody may ask this. */
bool routes_is_open(const struct http_request *r);
/* Whether a web page may ask this by `method` (door/http/cors.h). */
bool routes_is_for_pages(const struct http_request *r, struct span method);
void routes_answer(struct runs_door *d, struct http_exchange *x);

#endif
