/* SPDX-License-Identifier: MIT */
/* tracing.c - the clock and the random numbers, which run_trace has not.  */
#include "tracing.h"

#include "agent/harnesses.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "run_state.h"
#include "telemetry/otlp_exporter.h"
#include "telemetry/trace_calls.h"

#include <string.h>

/* Whose models an agent asks, where that goes without saying. */
static const char *provider_of(struct span harness)
{
  static const char *const known[][2] = {{"claude-code", "anthropic"},
                                         {"codex", "openai"},
                                         {"gemini", "gcp.gemini"},
                                         {"grok-build", "x_ai"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (span_is(harness, known[i][0]))
      return known[i][1];
  return NULL;
}

static void emit(void *who, struct span json)
{
  otlp_exporter_add(who, json);
}

static struct span last_text(const struct run_request *req)
{
  return req->message_count > 0 ? req->messages[req->message_count - 1].text
                                : (struct span){0};
}

/* Of 00-<32 hex>-<16 hex>-<flags> the last says whether it is sampled. */
static bool is_sampled(struct span parent)
{
  char c = parent.at[parent.len - 1];
  return (c <= '9' ? c - '0' : c - 'a' + 10) & 1;
}

int tracing_begin(struct run *r, struct fault *f)
{
  struct run_request *req = r->req;
  struct span parent = req->traceparent;
  const struct harness *harness = harness_find(req->harness);
  char trace[33], seed[17], own[TRACE_PARENT_BYTES + 1];
  if (!r->settings->traces || !harness || (parent.len > 0 && !is_sampled(parent)))
    return 0;
  if (ids_token(trace, 16, f) < 0 || ids_token(seed, 8, f) < 0)
    return -1;
  struct run_trace_setup setup = {
      .trace_id = parent.len > 0 ? trace_id(req) : span_of(trace),
      .parent_id = parent.len > 0 ? (struct span){parent.at + 36, 16} : (struct span){0},
      .trace_state = req->tracestate,
      .seed = span_hash(span_of(seed)),
      .run_id = req->run_id,
      .thread_id = req->thread_id,
      .model = req->model,
      .prompt = last_text(req),
      .agent = harness->id,
      .provider = provider_of(req->harness),
      .content = r->settings->otlp_content,
      .has_model = strcmp(harness->id, "command") != 0,
      .calls_are_told = !req->bridge.direct,
      .now_ms = clock_now_ms(),
      .emit = emit,
      .who = r->settings->traces};
  r->trace = run_trace_new(&setup);
  run_trace_put_parent(r->trace, NULL, own);
  trace_take(req, span_of(own), req->tracestate);
  return 0;
}

void tracing_log(const struct run *r, struct span run_id)
{
  struct span id = trace_id(r->req), span = {0};
  if (r->trace)
    span = (struct span){r->req->traceparent.at + 36, 16};
  log_trace(run_id, id, span);
}

/* -- calls of host tools -- */

static void *call_begins(void *who, struct span name, struct span id,
                         struct span args_json, char traceparent[TOOL_TRACEPARENT_BYTES])
{
  struct run_trace_call *c = trace_call_begin(who, clock_now_ms(), name, id, args_json);
  run_trace_put_parent(who, c, traceparent);
  return c;
}

/* In the words of the service's metrics. */
static void call_ends(void *who, void *call, const struct tool_answer *answer)
{
  const char *error = answer->cancelled         ? "cancelled"
                      : answer->failure.len > 0 ? "failed"
                      : answer->error.len > 0   ? "error"
                                                : NULL;
  struct span said = answer->failure.len > 0 ? answer->failure
                     : answer->error.len > 0 ? answer->error
                                             : answer->result;
  trace_call_end(who, call, clock_now_ms(), error, said);
}

void tracing_watch_calls(struct run *r)
{
  struct tool_route *route = &r->resources.route;
  if (!r->trace)
    return;
  route->on_begun = call_begins;
  route->on_over = call_ends;
  route->begun_who = r->trace;
}

/* -- the rest -- */

void tracing_setup_begins(struct run *r)
{
  if (r->trace)
    run_trace_setup_begins(r->trace, clock_now_ms());
}

void tracing_setup_ends(struct run *r, const char *code)
{
  if (r->trace)
    run_trace_setup_ends(r->trace, clock_now_ms(), code && !code[0] ? r->code : code);
}

void tracing_agent_begins(struct run *r)
{
  if (r->trace)
    run_trace_agent_begins(r->trace, clock_now_ms());
}

void tracing_event(void *trace, const struct event *e)
{
  run_trace_event(trace, e);
}
