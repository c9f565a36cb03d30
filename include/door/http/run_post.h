/* SPDX-License-Identifier: MIT */
/* run_post.h - POST /run: a new run, or the one that has its id already
 * (service/records.h); the answer is its events, in the form that Accept asks for,
 * and behind Last-Event-ID where that is SSE.  */
#ifndef DOOR_RUN_POST_H
#define DOOR_RUN_POST_H

#include "door/http/route.h"

void run_post_answer(struct runs_door *d, struct http_exchange *x,
                     const struct route_target *target);

#endif
