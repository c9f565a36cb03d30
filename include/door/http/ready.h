/* SPDX-License-Identifier: MIT */
/* ready.h - may a run be sent here now (GET /ready), and is the service there at all (GET
 * /health)?
 *
 * Not shutting down, fewer runs than the maximum, state folder and workspace writable,
 * and each program of --require-cli on the agent's PATH.  These looks block; they are
 * short.  */
#ifndef DOOR_READY_H
#define DOOR_READY_H

#include "base/buf.h"
#include "door/http/route.h"
#include "door/runtime.h"

/* {"ready":true} or {"ready":false,"reasons":[…]} into `json`; whether it is. */
bool ready_write(const struct runtime *g, bool shutting_down, struct buf *json);
void ready_answer(struct runs_door *d, struct http_exchange *x,
                  const struct route_target *target);
void health_answer(struct runs_door *d, struct http_exchange *x,
                   const struct route_target *target);

#endif
