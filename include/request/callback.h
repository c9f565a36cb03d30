/* SPDX-License-Identifier: MIT */
/* callback.h - what goes back to whoever sent code to run (POST /v1/runs), and what comes
 * of it.
 *
 * Three hosts have three shapes, told apart by where they want to be called:
 *
 *   baseUrl    POST <baseUrl>/internal/runs/<id>/tool-call | /output, the secret as a
 *              bearer; the end is the answer to the run's own request
 *   convexUrl  POST <convexUrl>/api/action | /api/mutation, the call in Convex's RPC and
 *              the secret in its arguments; the end is a call, too
 *   url        POST <url>, tool calls only, the secret in x-internal-secret
 *
 * A tool call is {callId, toolPath, input?} and is answered by {"ok":true,"value"} or
 * {"ok":false,"kind":"pending"|"denied"|"failed","error","retryAfterMs"}; baseUrl's host
 * says "denied":true instead.  What is pending is sent again under the same callId.
 *
 * Source: github.com/RhysSullivan/executor, its sandbox hosts at e81257d97, cd555fab and
 * 6ead7759.  */
#ifndef REQUEST_CALLBACK_H
#define REQUEST_CALLBACK_H

#include "base/buf.h"

enum callback_shape { CALLBACK_NONE, CALLBACK_BASE, CALLBACK_CONVEX, CALLBACK_URL };
enum callback_kind { CALLBACK_TOOL_CALL, CALLBACK_OUTPUT, CALLBACK_COMPLETE };

struct callback { /* without control characters; all lent */
  enum callback_shape shape;
  struct span url, secret;
  struct span run_id; /* by which the host knows the run */
};

/* What stands before the words of a denied call, for the code that made it. */
#define CALLBACK_DENIED "APPROVAL_DENIED:"

bool callback_takes(const struct callback *c, enum callback_kind kind);

struct callback_post { /* one POST of JSON */
  struct buf url, body;
  struct buf header; /* "name: value", with the secret; empty: none */
};
/* `members`: those of the call, raw JSON without braces ("\"callId\":…"). */
void callback_post_make(const struct callback *c, enum callback_kind kind,
                        struct span members, struct callback_post *out);
void callback_post_free(struct callback_post *p); /* wipes */

enum callback_outcome { CALLBACK_VALUE, CALLBACK_PENDING, CALLBACK_FAILED };
/* The answer to a tool call.  `text`: {"value":…} in the host's own bytes, {} if there is
 * no value; or the words of what failed, behind CALLBACK_DENIED if it was denied.
 * `retry_ms` is set for PENDING only. */
enum callback_outcome callback_read(const struct callback *c, int status,
                                    struct span body, struct buf *text,
                                    unsigned *retry_ms);
/* Has the host taken an output, or the end of a run? */
bool callback_was_taken(const struct callback *c, int status, struct span body);

#endif
