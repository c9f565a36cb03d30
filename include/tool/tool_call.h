/* SPDX-License-Identifier: MIT */
/* tool_call.h - running one host tool: POST {name,args} to the orchestrator, or a local
 * command.
 *
 * Wire: POST <url>, "authorization: Bearer <token>", body {"name":…,"args":…} and nothing
 * else; the answer is
 * {"result": any JSON} with a 2xx.  Our extra headers: x-runlet-run-id, x-runlet-call-id
 * and idempotency-key (one value for one call over its retries), x-runlet-attempt,
 * traceparent if the run had one.  What an answer means to the agent: tool_answer.h.
 *
 * Repeated only when the request certainly never reached the tool (name resolution,
 * connect, TLS handshake): twice, after 100 and 400 ms.  "202" or
 * {"pending":true,"retryAfterMs":n} asks again with the same call id until timeout_ms is
 * over.
 *
 * One call, one answer: `on_answer` comes exactly once, never from inside
 * tool_call_start() or tool_call_cancel(), also after a cancel (then `cancelled`).  The
 * call frees itself after it.  */
#ifndef TOOL_TOOL_CALL_H
#define TOOL_TOOL_CALL_H

#include "base/buf.h"
#include "base/fault.h"
#include "tool/tool_answer.h"

struct uv_loop_s;
struct http_client; /* http/http_client.h */

struct tool_route { /* where calls go; owned by the run, outlives its calls */
  struct uv_loop_s *loop;
  struct http_client *client;
  struct span url, token, run_id, traceparent;
  const char *command; /* not NULL: /bin/sh -c command instead of HTTP */
  char *const *command_env;
  unsigned timeout_ms;
  size_t answer_ceiling;
  /* May be NULL: for each call that ended, before its on_answer. */
  void (*on_ended)(void *who, const struct tool_answer *answer, unsigned ms);
  void *ended_who;
};

typedef void tool_call_done(void *who,
                            const struct tool_answer *answer); /* all lent for the call */

struct tool_call;
/* `takes_mcp`: the tool's result is an MCP result object (request/tools.h). */
struct tool_call *tool_call_start(const struct tool_route *route, struct span name,
                                  bool takes_mcp, struct span args_json,
                                  tool_call_done *on_answer, void *who);
void tool_call_cancel(struct tool_call *call);

#endif
