/* SPDX-License-Identifier: MIT */
/* runs_door.c - see runs_door.h. */
#include "door/http/runs_door.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/version.h"
#include "door/http/answer.h"
#include "door/http/event_stream.h"
#include "door/http/metrics.h"
#include "http/http_server.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#define JSON_TYPE "application/json"

/* -- facts -- */

static void put_certificate(const struct record *r, struct json_writer *w)
{
  struct buf whole = buf_make(LIMIT_CERTIFICATE_BYTES + KIB);
  buf_add_char(&whole, '{');
  buf_add(&whole, r->outcome.report);
  buf_add_char(&whole, '}');
  json_put_text(w, "outcome",
                span_of(r->outcome.finished ? "finished" : r->outcome.code));
  json_put_int(w, "endedAt", r->ended_at);
  json_put_raw(w, "certificate", buf_span(&whole));
  buf_free(&whole);
}

static void put_record(const struct record *r, struct json_writer *w)
{
  struct journal_facts facts = journal_facts(r->journal);
  json_open(w, NULL, '{');
  json_put_text(w, "runId", buf_span(&r->id));
  json_put_text(w, "threadId", buf_span(&r->thread));
  json_put_text(w, "harness", buf_span(&r->harness));
  json_put_text(w, "model", buf_span(&r->model));
  json_put_text(w, "state", span_of(record_state(r)));
  json_put_text(w, "onDisconnect", span_of(r->detach ? "detach" : "cancel"));
  json_put_int(w, "startedAt", r->began_at);
  if (!r->run)
    put_certificate(r, w);
  json_put_int(w, "events", (long long)facts.last);
  json_put_int(w, "bytes", (long long)facts.bytes);
  json_put_int(w, "firstSeq", (long long)facts.first);
  json_put_int(w, "lastSeq", (long long)facts.last);
  json_put_int(w, "memoryBytes", (long long)facts.memory_bytes);
  json_put_int(w, "spillBytes", (long long)facts.spill_bytes);
  json_put_int(w, "readers", facts.readers);
  json_close(w, '}');
}

static void answer_runs(const struct runs_door *d, struct http_exchange *x)
{
  struct buf text = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&text);
  json_open(&w, NULL, '{');
  json_open(&w, "runs", '[');
  for (const struct record *r = records_newest(d->records); r; r = r->next)
    put_record(r, &w);
  json_close(&w, ']');
  json_close(&w, '}');
  answer_text(x, 200, JSON_TYPE, buf_span(&text));
  buf_free(&text);
}

static void answer_record(const struct record *r, struct http_exchange *x)
{
  struct buf text = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&text);
  put_record(r, &w);
  answer_text(x, 200, JSON_TYPE, buf_span(&text));
  buf_free(&text);
}

static void answer_metrics(const struct runs_door *d, struct http_exchange *x)
{
  struct metrics m = {.version = RUNLET_VERSION,
                      .counters = &d->runtime->counters,
                      .now = records_figures(d->records),
                      .self = self_usage()};
  struct buf text = buf_make(MIB);
  metrics_write(&m, &text);
  answer_text(x, 200, METRICS_TYPE, buf_span(&text));
  buf_free(&text);
}

/* -- streams -- */

static void open_stream(struct runs_door *d, struct http_exchange *x, struct record *r,
                        unsigned long long after, bool posted, bool sse)
{
  struct event_stream_setup setup = {.loop = d->runtime->loop,
                                     .record = r,
                                     .after = after,
                                     .posted = posted,
                                     .sse = sse,
                                     .open = &d->streams};
  event_stream_open(x, &setup);
}

static bool wants_sse(const struct http_request *r)
{
  static const char type[] = "text/event-stream";
  struct span accept = http_request_header(r, "accept");
  for (; accept.len >= sizeof type - 1; accept = span_after(accept, 1))
    if (!strncasecmp(accept.at, type, sizeof type - 1))
      return true;
  return false;
}

static void answer_events(struct runs_door *d, struct http_exchange *x, struct record *r,
                          unsigned long long after)
{
  const struct http_request *req = http_exchange_request(x);
  bool sse = wants_sse(req);
  struct span last = http_request_header(req, "last-event-id");
  if (sse && last.len > 0 && !span_to_number(last, 0, LLONG_MAX, &after)) {
    answer_text(x, 400, "text/plain",
                SPAN_LITERAL("Last-Event-ID must be the number of an event"));
    return;
  }
  if (sse && journal_is_over(r->journal) && after >= journal_facts(r->journal).last)
    answer_text(x, 204, NULL, (struct span){0});
  else
    open_stream(d, x, r, after, false, sse);
}

/* -- starting and ending -- */

static void mcp_post_run(struct runs_door *d, struct http_exchange *x)
{
  struct buf text = http_exchange_body(x);
  uint64_t body = span_hash(buf_span(&text));
  struct span trace = http_request_header(http_exchange_request(x), "traceparent");
  struct request_rules rules = {.local_tools = d->runtime->options->tool_command != NULL};
  struct fault f = {0};
  struct run_request *req = run_request_read(&text, &rules, &f);
  struct record *r = NULL;
  if (req) {
    buf_add(&req->door_text, trace);
    req->traceparent = buf_span(&req->door_text);
    r = records_post(d->records, req, body, &f);
  }
  if (!r) {
    log_line(LOG_INFO, (struct span){0}, "refused a run: %s", f.text);
    answer_fault(x, &f);
    return;
  }
  open_stream(d, x, r, 0, true, false);
}

static void cancel_run(struct record *r, struct http_exchange *x)
{
  bool ending = record_cancel(r);
  struct buf text = buf_make(LIMIT_BODY_BYTES);
  struct json_writer w = json_write_to(&text);
  json_open(&w, NULL, '{');
  json_put_text(&w, "runId", buf_span(&r->id));
  json_put_text(&w, "state", span_of(record_state(r)));
  json_close(&w, '}');
  answer_text(x, ending ? 202 : 200, JSON_TYPE, buf_span(&text));
  buf_free(&text);
}

void runs_door_answer(struct runs_door *d, struct http_exchange *x,
                      const struct route *route)
{
  struct record *r = records_find(d->records, buf_span(&route->id));
  if (route->name == ROUTE_RUN)
    mcp_post_run(d, x);
  else if (route->name == ROUTE_RUNS)
    answer_runs(d, x);
  else if (route->name == ROUTE_METRICS)
    answer_metrics(d, x);
  else if (!r)
    answer_text(x, 404, "text/plain",
                SPAN_LITERAL("no such run, or it is no longer kept"));
  else if (route->name == ROUTE_RECORD)
    answer_record(r, x);
  else if (route->name == ROUTE_EVENTS)
    answer_events(d, x, r, route->after);
  else
    cancel_run(r, x);
}

void runs_door_open(struct runs_door *d, struct runtime *runtime)
{
  const struct options *o = runtime->options;
  struct records_setup setup = {.loop = runtime->loop,
                                .runs = runtime->runs,
                                .counters = &runtime->counters,
                                .folder = runtime->state.at,
                                .memory_bytes = (size_t)o->log_memory_bytes,
                                .spill_bytes = o->log_spill_bytes,
                                .keep_ms = (unsigned)o->keep_ms,
                                .keep_runs = (unsigned)o->keep_runs,
                                .keep_bytes = o->keep_bytes};
  *d = (struct runs_door){.runtime = runtime, .records = records_new(&setup)};
}

void runs_door_close(struct runs_door *d)
{
  records_free(d->records);
  d->records = NULL;
}
