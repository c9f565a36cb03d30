/* SPDX-License-Identifier: MIT */
/* tool_call.h - one call of a host tool, from the agent's request to the one answer.
 *
 * The attempts are an executor's (tool_executor.h); the call gives them one id and one
 * deadline.  An attempt that certainly never reached the tool is repeated twice, after
 * 100 and 400 ms, and no other.  A pending answer is asked for again, with the same call
 * id, until timeout_ms is over.
 *
 * A call waits for its place among the calls in flight (tool_places.h), within its
 * deadline; where too many wait already it is answered by the JSON-RPC error
 * TOOL_TOO_MANY.
 *
 * One call, one answer: `on_answer` comes exactly once, never from inside
 * tool_call_start() or tool_call_cancel(), also after a cancel (then `cancelled`).  The
 * call frees itself after it.  */
#ifndef TOOL_TOOL_CALL_H
#define TOOL_TOOL_CALL_H

#include "base/buf.h"
#include "tool/tool_answer.h"
#include "tool/tool_executor.h"
#include "tool/tool_places.h"

enum { TOOL_TOO_MANY = -32000, TOOL_TRACEPARENT_BYTES = 56 };

struct tool_route { /* how a run's calls are made; owned by the run, outlives its calls */
  struct uv_loop_s *loop;
  struct tool_executor executor; /* of the tools that the request describes … */
  struct tool_executor server;   /* … and of those of `bridge` */
  unsigned timeout_ms;
  struct budget *budget;  /* what a call holds is charged to it; NULL: none */
  struct tool_line *line; /* NULL: calls without end may be in flight */
  /* May be NULL: for each call that ended, before its on_answer. */
  void (*on_ended)(void *who, const struct tool_answer *answer, unsigned ms);
  void *ended_who;
  /* May be NULL: of each call, from inside tool_call_start(); `traceparent` is what goes
   * out with it in the place of the source's.  What it gives comes back by on_over, once,
   * before its on_answer. */
  void *(*on_begun)(void *who, struct span name, struct span id, struct span args_json,
                    char traceparent[TOOL_TRACEPARENT_BYTES]);
  void (*on_over)(void *who, void *begun, const struct tool_answer *answer);
  void *begun_who;
};

/* `answer` and all in it are lent for the call. */
typedef void tool_call_done(void *who, const struct tool_answer *answer);

struct tool_call;
enum {
  TOOL_TAKES_MCP = 1, /* its result is an MCP result object (request/tools.h) */
  TOOL_OF_SERVER = 2  /* route.server runs it */
};
/* `how`: TOOL_…, or'd. */
struct tool_call *tool_call_start(const struct tool_route *route, struct span name,
                                  unsigned how, struct span args_json,
                                  tool_call_done *on_answer, void *who);
void tool_call_cancel(struct tool_call *call); /* any number of times */

#endif
