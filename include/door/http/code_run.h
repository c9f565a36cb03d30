/* SPDX-License-Identifier: MIT */
/* code_run.h - one run of code, from its start to the answer (door/http/code_request.h).
 *
 *   CALLBACK_BASE     200 at once, then blanks that keep the connection alive, then
 *                     {"status","stdout","stderr","error"?,"exitCode"?}
 *   CALLBACK_URL      the same, with {"status","result"?,"error"?,"exitCode"?}
 *   CALLBACK_CONVEX   202 {"accepted":true,"dispatchId"}; the end is a callback
 * `status` is completed, failed, timed_out or denied (code_output.h).
 *
 * A client that waits for its answer stands behind the run: when it leaves, the run is
 * cancelled and nothing more is sent anywhere.  The answer, or the last callback, comes
 * when no callback of the run is under way any more.  It frees itself then.  */
#ifndef DOOR_CODE_RUN_H
#define DOOR_CODE_RUN_H

#include "door/http/code_request.h"
#include "door/http/runs_door.h"

struct http_exchange;

/* Answers `x`.  `request` is taken.  `again`: the record is that of an earlier request,
 * which tells the callbacks; this one has the answer only. */
void code_run_open(struct runs_door *d, struct http_exchange *x, struct record *record,
                   struct code_request *request, bool again);

#endif
