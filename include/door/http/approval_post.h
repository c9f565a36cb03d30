/* SPDX-License-Identifier: MIT */
/* approval_post.h - POST /runs/{id}/approvals/{approvalId}: somebody's word on what a
 * run's agent wants to do, while it waits.
 *
 *   {"approved": bool, "reason"?: string}
 *   200 {"runId","approvalId","approved"}; 404 never asked for; 409 not open any more  */
#ifndef DOOR_APPROVAL_POST_H
#define DOOR_APPROVAL_POST_H

#include "door/http/route.h"

void approval_post_answer(struct runs_door *d, struct http_exchange *x,
                          const struct route_target *target);

#endif
