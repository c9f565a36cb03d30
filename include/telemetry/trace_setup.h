/* SPDX-License-Identifier: MIT */
/* trace_setup.h - what is known of a run before it has spans (telemetry/run_trace.h).
 * Pure.  */
#ifndef TELEMETRY_TRACE_SETUP_H
#define TELEMETRY_TRACE_SETUP_H

#include "base/buf.h"

struct run_trace;
struct run_trace_call; /* of a host tool, going on */

struct run_trace_setup {
  struct span trace_id;  /* 32 hex; this and the next two are copied */
  struct span parent_id; /* 16 hex; empty: the run is the trace's root */
  struct span trace_state;
  uint64_t seed;                                /* of the spans' ids: a random number */
  struct span run_id, thread_id, model, prompt; /* they outlive it, as the next */
  const char *agent, *provider;                 /* provider NULL: not known */
  bool content;
  bool has_model;      /* else there are no turns of one to be told */
  bool calls_are_told; /* trace_call_begin() comes for each call of a host tool */
  long long now_ms;
  void (*emit)(void *who, struct span json); /* lent for the call */
  void *who;
};

#endif
