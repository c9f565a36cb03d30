/* SPDX-License-Identifier: MIT */
/* tracing.h - a run's spans: from the run to telemetry/run_trace.h, and on to the
 * exporter of the settings.
 *
 * A run that is a part of a trace goes on with it, and is told only if that is sampled;
 * any other begins one.  What is told has its own span as the request's traceparent from
 * then on, which its setup, its agent and its calls get; and each call of a host tool has
 * that of its span.  Where spans go nowhere all of this does nothing.  */
#ifndef RUN_TRACING_H
#define RUN_TRACING_H

#include "base/fault.h"
#include "event/event_format.h"

struct run;

int tracing_begin(struct run *r, struct fault *f); /* before the admission … */
void tracing_watch_calls(struct run *r);           /* … and after it */
/* The log's records of this id say of which trace they are. */
void tracing_log(const struct run *r, struct span run_id);
void tracing_setup_begins(struct run *r);
/* `code`: NULL, it went well; "": it was ended, and the run knows why. */
void tracing_setup_ends(struct run *r, const char *code);
void tracing_agent_begins(struct run *r);
void tracing_event(void *trace, const struct event *e); /* an events_setup.on_event */

#endif
