/* SPDX-License-Identifier: MIT */
/* code_post.h - POST /v1/runs: a host (executor) has code run, and its tools called back
 * (door/http/code_run.h).
 *
 * It is a door for whoever holds the service's token: without one it is 503, whatever
 * else is allowed.  A refusal is {"error": text}: 400, 409, 413 or 503, before anything
 * has started.  The same run id with the same body is the same run.  */
#ifndef DOOR_CODE_POST_H
#define DOOR_CODE_POST_H

#include "door/http/route.h"

void code_post_answer(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target);

#endif
