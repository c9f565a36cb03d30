/* SPDX-License-Identifier: MIT */
/* run_trace.h - what a run does, as spans.  Pure.
 *
 * It hears the run's events (event/event_format.h) and its calls of host tools
 * (telemetry/trace_calls.h), and hands out each span as it ends, in the names of
 * OpenTelemetry's GenAI semantic conventions:
 *
 *   invoke_agent <agent>   the run; the others are its children
 *   setup                  the workspace is filled
 *   chat <model>           a turn of the model: from the agent's start, or the last
 *                          result of a tool, to the last word before the next or the end
 *   execute_tool <name>    a host tool, from the agent's call to its answer; a tool of
 *                          the agent's own as its events tell it
 *
 * gen_ai.tool.call.id is the id in the events.  Of a host tool it is that of the call of
 * this name that has no span yet, the one with the same arguments before others; if none
 * was told until its end, of the first with these arguments that is told later; else it
 * is the call's own, which is runlet.call.id in any case.
 *
 * Nothing that anybody wrote is in a span, but with `content`.  */
#ifndef TELEMETRY_RUN_TRACE_H
#define TELEMETRY_RUN_TRACE_H

#include "event/event_format.h"
#include "request/trace.h"
#include "telemetry/trace_setup.h"

struct run_trace *run_trace_new(const struct run_trace_setup *setup);
void run_trace_free(struct run_trace *t); /* no call is going on; NULL is fine */

/* A traceparent of TRACE_PARENT_BYTES and a NUL, with the call's span as the parent; of
 * NULL the run's. */
void run_trace_put_parent(const struct run_trace *t, const struct run_trace_call *c,
                          char *out);

void run_trace_event(struct run_trace *t, const struct event *e);
void run_trace_setup_begins(struct run_trace *t, long long now_ms);
/* `code`: how it failed; NULL: it did not. */
void run_trace_setup_ends(struct run_trace *t, long long now_ms, const char *code);
void run_trace_agent_begins(struct run_trace *t, long long now_ms);

#endif
