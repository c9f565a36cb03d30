/* SPDX-License-Identifier: MIT */
/* trace_calls.h - the spans of calls of tools; for run_trace.h, and for who runs host
 * tools.  Pure.
 *
 * Agents tell of a call before it comes to us, or after it has had its answer.  In that
 * case its span waits for the event that has its arguments, and for its id.  */
#ifndef TELEMETRY_TRACE_CALLS_H
#define TELEMETRY_TRACE_CALLS_H

#include "event/event_format.h"
#include "telemetry/trace_setup.h"

void trace_calls_begin(struct run_trace *t, const struct event *e);     /* TOOL_START */
void trace_calls_arguments(struct run_trace *t, const struct event *e); /* TOOL_END */
void trace_calls_result(struct run_trace *t, const struct event *e);    /* TOOL_RESULT */
/* What still waits for its event has none. */
void trace_calls_give_up(struct run_trace *t);
void trace_calls_free(struct run_trace *t);

/* `id`: its own; args_json: raw JSON.  Copied. */
struct run_trace_call *trace_call_begin(struct run_trace *t, long long now_ms,
                                        struct span name, struct span id,
                                        struct span args_json);
/* `error`: an error.type; NULL: it has a result.  `result`: what the agent is told. */
void trace_call_end(struct run_trace *t, struct run_trace_call *c, long long now_ms,
                    const char *error, struct span result);

#endif
