/* SPDX-License-Identifier: MIT */
/* trace.h - W3C Trace Context: which trace a run is a part of.  Pure.
 *
 * traceparent is 00-<32 hex>-<16 hex>-<2 hex>, lower case, neither id all zeros; of a
 * later version its first four fields are taken, but version ff is none.  What goes on is
 * written anew as version 00.  tracestate is a list of at most 32 key=value in at most
 * 512 bytes; it goes on only with a good traceparent, and whole or not at all.  */
#ifndef REQUEST_TRACE_H
#define REQUEST_TRACE_H

#include "request/run_request.h"

enum { TRACE_PARENT_BYTES = 55, TRACE_ID_BYTES = 32 };

/* Sets the request's, where they are good; else it has none.  The texts are copied. */
void trace_take(struct run_request *req, struct span parent, struct span state);
/* The trace's id; empty: the run has none. */
struct span trace_id(const struct run_request *req);

#endif
