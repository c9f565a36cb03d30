/* SPDX-License-Identifier: MIT */
/* http_door.h - `runlet serve`: the container's service.  What it answers is in
 * door/runs_door.h, but for GET /health and GET /ready.
 *
 * Who may call (door/gate.h) is decided before a byte of the body is read.  A request
 * that cannot start gets a status and one line of text/plain; one that starts gets 200,
 * its head at once, and NDJSON until its terminal event.  TERM or INT: no new runs,
 * running ones end with `runner-shutdown`, their lines are flushed, exit 0.  */
#ifndef DOOR_HTTP_DOOR_H
#define DOOR_HTTP_DOOR_H

#include "base/fault.h"
#include "door/options.h"

/* The exit status 0, or -1 and a fault when it cannot listen. */
int http_door(const struct options *options, char *const *env, struct fault *f);

#endif
