/* SPDX-License-Identifier: MIT */
/* runs_door.c - the answers about runs that are known already; each begins by finding its
 * run.  */
#include "door/http/runs_door.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "door/http/answer.h"
#include "door/http/event_stream.h"
#include "http/http_header.h"
#include "http/http_server.h"
#include "request/request_read.h"

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

void runs_door_list(struct runs_door *d, struct http_exchange *x,
                    const struct route_target *target)
{
  (void)target;
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

struct record *runs_door_find(const struct runs_door *d, struct http_exchange *x,
                              const struct route_target *target)
{
  struct record *r = records_find(d->records, buf_span(&target->id));
  if (!r)
    answer_text(x, 404, "text/plain",
                SPAN_LITERAL("no such run, or it is no longer kept"));
  return r;
}

void runs_door_record(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target)
{
  const struct record *r = runs_door_find(d, x, target);
  if (!r)
    return;
  struct buf text = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&text);
  put_record(r, &w);
  answer_text(x, 200, JSON_TYPE, buf_span(&text));
  buf_free(&text);
}

/* -- streams -- */

/* Of an event; one that is too great for any stays so, and nothing is added to it that it
 * could not take. */
static bool read_number(struct span text, unsigned long long *number)
{
  if (!span_to_number(text, 0, LLONG_MAX, number))
    return false;
  if (*number > LIMIT_EVENT_NUMBER)
    *number = LIMIT_EVENT_NUMBER;
  return true;
}

bool runs_door_read_form(struct http_exchange *x, struct runs_door_form *form)
{
  const struct http_request *r = http_exchange_request(x);
  struct span last = http_request_header(r, "last-event-id");
  struct buf joined = buf_make(LIMIT_HEADER_BYTES);
  enum http_stream_type type =
      http_header_stream_type(http_request_header_list(r, "accept", &joined));
  buf_free(&joined);
  form->sse = type == HTTP_STREAM_SSE;
  if (type == HTTP_STREAM_NONE) {
    answer_text(x, 406, "text/plain",
                SPAN_LITERAL("Accept must take application/x-ndjson (lines of JSON) or "
                             "text/event-stream"));
    return false;
  }
  if (!form->sse || last.len == 0 || read_number(last, &form->after))
    return true;
  answer_text(x, 400, "text/plain",
              SPAN_LITERAL("Last-Event-ID must be the number of an event"));
  return false;
}

void runs_door_stream(struct runs_door *d, struct http_exchange *x, struct record *r,
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

void runs_door_follow(struct runs_door *d, struct http_exchange *x, struct record *r,
                      const struct runs_door_form *form)
{
  /* A number that this run does not have yet is of one that nobody keeps any more. */
  bool known = form->after <= journal_facts(r->journal).last;
  runs_door_stream(d, x, r, known ? form->after : 0, true, form->sse);
}

void runs_door_follow_up(struct runs_door *d, struct runs_door_follower *follower,
                         void (*close)(struct runs_door_follower *self))
{
  *follower = (struct runs_door_follower){d->followers, close};
  d->followers = follower;
  d->streams++;
}

void runs_door_unfollow(struct runs_door *d, struct runs_door_follower *follower)
{
  struct runs_door_follower **at = &d->followers;
  while (*at != follower)
    at = &(*at)->next;
  *at = follower->next;
  d->streams--;
}

/* The number of `after`, if the query has it; the last one counts. */
static int read_after(struct span query, unsigned long long *after, struct fault *f)
{
  struct span name, value;
  while (route_next_parameter(&query, &name, &value))
    if (span_is(name, "after") && !read_number(value, after))
      return fault_set(f, FAULT_BAD_INPUT,
                       "after must be the number of an event, not \"%.*s\"",
                       (int)(value.len < 60 ? value.len : 60), value.at);
  return 0;
}

void runs_door_events(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target)
{
  unsigned long long after = 0;
  struct fault f = {0};
  if (read_after(target->query, &after, &f) < 0) {
    answer_fault(x, &f);
    return;
  }
  struct record *r = runs_door_find(d, x, target);
  struct runs_door_form form = {.after = after};
  if (!r || !runs_door_read_form(x, &form))
    return;
  if (form.sse && journal_is_over(r->journal) &&
      form.after >= journal_facts(r->journal).last)
    answer_text(x, 204, NULL, (struct span){0});
  else
    runs_door_stream(d, x, r, form.after, false, form.sse);
}

/* -- the agent's session -- */

void runs_door_session(struct runs_door *d, struct http_exchange *x,
                       const struct route_target *target)
{
  const struct record *r = runs_door_find(d, x, target);
  struct fault f = {0};
  if (!r)
    return;
  if (r->run)
    fault_set(&f, FAULT_CONFLICT, "the run is not over: its session is taken at its end");
  else if (r->archive.len == 0)
    fault_set(&f, FAULT_UNKNOWN,
              "the run has no session here: its request did not say session "
              "{\"export\":true}, or its stream says why (session-not-exported)");
  if (f.kind != FAULT_NONE)
    answer_fault(x, &f);
  else
    answer_text(x, 200, "application/x-tar", buf_span(&r->archive));
}

/* -- ending -- */

void runs_door_cancel(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target)
{
  struct record *r = runs_door_find(d, x, target);
  if (!r)
    return;
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

void runs_door_open(struct runs_door *d, struct runtime *runtime)
{
  struct records_setup setup = runtime->options->serve.records;
  setup.loop = runtime->loop;
  setup.runs = runtime->runs;
  setup.counters = &runtime->counters;
  setup.folder = runtime->folders.state.at;
  setup.hold_ms = runtime->options->serve.http.write_stall_ms;
  *d = (struct runs_door){.runtime = runtime, .records = records_new(&setup)};
  records_take_lost(d->records);
}

void runs_door_close(struct runs_door *d)
{
  while (d->followers)
    d->followers->close(d->followers);
  records_free(d->records);
  d->records = NULL;
  agui_settings_close(&d->agui);
}
