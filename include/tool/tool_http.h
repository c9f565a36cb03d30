/* SPDX-License-Identifier: MIT */
/* tool_http.h - the executor that asks the orchestrator over HTTP.
 *
 * Wire: POST toolExecUrl, "authorization: Bearer <toolExecToken>", body
 * {"name":…,"args":…} and nothing else.  Our extra headers: x-runlet-run-id,
 * x-runlet-call-id and idempotency-key (one value for one call over its attempts),
 * x-runlet-attempt, and traceparent if the run had one.  What an answer means:
 * tool_answer.h.  A request of which certainly nothing reached the other side (name
 * resolution, connect, TLS handshake) is TOOL_ATTEMPT_UNSENT.  */
#ifndef TOOL_TOOL_HTTP_H
#define TOOL_TOOL_HTTP_H

#include "tool/tool_executor.h"

tool_executor_claim tool_http_claim; /* for any source; refuses a URL it cannot call */

#endif
