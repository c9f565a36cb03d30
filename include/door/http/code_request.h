/* SPDX-License-Identifier: MIT */
/* code_request.h - the body of POST /v1/runs: code to be run for its host.  Pure.
 *
 *   {"taskId", "code", "timeoutMs"?, "callback": {"baseUrl", "authToken"}}
 *   {"taskId", "code", "timeoutMs"?, "callback": {"convexUrl", "internalSecret"}}
 *   {"runId", "taskId", "code", "timeoutMs"?, "callback": {"url", "internalSecret"}}
 *
 * Which of the three it is says the callback, which has one of the URLs
 * (request/callback.h).  Unknown members are ignored.  Empty code is code; an empty
 * secret is none.  timeoutMs is a whole number from 1 to LIMIT_RUN_MS, as a number.  */
#ifndef DOOR_CODE_REQUEST_H
#define DOOR_CODE_REQUEST_H

#include "base/json.h"
#include "request/callback.h"

struct code_request {
  struct callback callback; /* its run_id is that of the run */
  struct span task_id, code;
  unsigned timeout_ms;

  struct buf text; /* what holds the spans */
  struct json *doc;
};

/* `text` is taken in every case; `out` is to be freed in every case.  FAULT_BAD_INPUT;
 * FAULT_BUSY (503): the secret by which the host is called is missing. */
int code_request_read(struct buf *text, struct code_request *out, struct fault *f);
void code_request_free(struct code_request *r); /* wipes */

#endif
