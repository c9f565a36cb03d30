/* SPDX-License-Identifier: MIT */
/* agui_post.c - the body becomes an input, the input a request, the request a record.  */
#include "door/http/agui_post.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/keyed_hash.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "door/http/agui_request.h"
#include "door/http/answer.h"
#include "door/http/runs_door.h"
#include "event/formats.h"
#include "http/http_server.h"
#include "io/loop.h"
#include "request/trace.h"
#include "run/run_hold.h"

#include <stdlib.h>

static struct record *start(struct runs_door *d, struct http_exchange *x,
                            const struct agui_input *in, uint64_t body, struct fault *f)
{
  const struct agui_setup *setup = &d->agui.setup;
  const struct request_rules rules = {.is_harness = run_is_harness,
                                      .event_format_name = formats_wire_name};
  struct span harness = agui_request_harness(setup);
  struct run_request *req = agui_request_make(
      in, setup, records_session(d->records, in->thread_id, harness), &rules, f);
  if (!req)
    return NULL;
  trace_take(req, http_request_header(http_exchange_request(x), "traceparent"),
             http_request_header(http_exchange_request(x), "tracestate"));
  return records_post(d->records, req, body, f);
}

/* -- a run that is held -- */

/* Clients send what their tool gave as the text of its JSON; other text is text. */
static void put_result(struct span content, struct buf *json)
{
  struct fault ignored = {0};
  struct buf text = buf_make(content.len + 1);
  agui_request_add_words(&text, content);
  struct json *doc = json_parse(buf_span(&text), NULL, &ignored);
  if (doc)
    buf_add(json, span_trim(buf_span(&text)));
  else
    json_escape(json, buf_span(&text));
  json_free(doc);
  buf_free(&text);
}

/* Of a raw JSON string; of anything else: nothing. */
static struct buf text_of(struct span raw)
{
  struct buf text = buf_make(raw.len + 1);
  if (json_slice_kind(raw) == JSON_STRING)
    json_unescape(raw, &text);
  return text;
}

static void give_results(const struct agui_input *in, struct run *run)
{
  struct json_walk all = json_slice_walk(in->messages);
  while (json_slice_next(&all)) {
    struct span error = json_slice(all.value, "error");
    bool failed = json_slice_kind(error) == JSON_STRING;
    struct buf call = text_of(json_slice(all.value, "toolCallId")),
               json = buf_make(6 * all.value.len + 3);
    put_result(failed ? error : json_slice(all.value, "content"), &json);
    if (call.len > 0)
      (void)run_hold_answer(run, buf_span(&call), buf_span(&json), failed);
    buf_free(&call);
    buf_free(&json);
  }
}

/* {"interruptId","status":"resolved"|"cancelled","payload"?: {"approved","reason"?,
 * "input"?}}; a payload that is true alone is yes, too. */
static void give_permissions(const struct agui_input *in, struct run *run)
{
  struct json_walk all = json_slice_walk(in->resume);
  while (json_slice_next(&all)) {
    struct span status = json_slice(all.value, "status"),
                payload = json_slice(all.value, "payload");
    struct buf id = text_of(json_slice(all.value, "interruptId")),
               reason = text_of(json_slice(payload, "reason"));
    struct run_permission said = {.yes =
                                      json_slice_kind(status) == JSON_STRING &&
                                      json_slice_says(status, SPAN_LITERAL("resolved")) &&
                                      (span_is(json_slice(payload, "approved"), "true") ||
                                       span_is(payload, "true")),
                                  .reason = buf_span(&reason),
                                  .input = json_slice(payload, "input")};
    (void)run_hold_permit(run, buf_span(&id), &said);
    buf_free(&id);
    buf_free(&reason);
  }
}

/* What the user says behind the agent's last words. */
static void add_new_words(const struct agui_input *in, struct buf *out)
{
  struct json_walk all = json_slice_walk(in->messages);
  while (json_slice_next(&all)) {
    struct span role = json_slice(all.value, "role");
    if (json_slice_kind(role) != JSON_STRING)
      continue;
    if (json_slice_says(role, SPAN_LITERAL("assistant")))
      buf_clear(out);
    else if (json_slice_says(role, SPAN_LITERAL("user")))
      agui_request_add_words(out, json_slice(all.value, "content"));
  }
}

static struct record *go_on(struct runs_door *d, const struct agui_input *in,
                            uint64_t body)
{
  struct record *held = records_held(d->records, in->thread_id);
  if (!held || records_find(d->records, in->run_id))
    return NULL;
  struct record *r = record_go_on(held, in->run_id, body);
  struct buf words = buf_make(LIMIT_PROMPT_BYTES), said = buf_make(LIMIT_PROMPT_BYTES);
  give_results(in, r->run);
  give_permissions(in, r->run);
  add_new_words(in, &said);
  buf_add_text(&words, "The user did not answer this");
  buf_add_text(&words, said.len > 0 ? ", and says: " : ".");
  buf_add(&words, buf_span(&said));
  run_hold_refuse_rest(r->run, buf_span(&words));
  buf_free(&words);
  buf_free(&said);
  return r;
}

/* -- one request -- */

struct agui_post {
  struct runs_door_follower follower; /* its first member */
  struct runs_door *door;
  struct http_exchange *exchange;
  struct runs_door_form form;
  struct agui_input in;
  uint64_t body;
  struct loop_timer *again; /* NULL: it does not wait */
  unsigned long long began_ms;
};

static void post_free(struct agui_post *p)
{
  if (p->again)
    runs_door_unfollow(p->door, &p->follower);
  loop_timer_free(p->again);
  agui_input_free(&p->in);
  free(p);
}

static void close_post(struct runs_door_follower *self)
{
  post_free((struct agui_post *)self);
}

static void client_gone(void *who)
{
  post_free(who);
}

static void refuse(struct http_exchange *x, const struct fault *f)
{
  log_line(LOG_INFO, (struct span){0}, "refused a run: %s", f->text);
  answer_fault(x, f);
}

static void try_it(void *who);

static void wait_for_the_end(struct agui_post *p)
{
  if (!p->again) {
    runs_door_follow_up(p->door, &p->follower, close_post);
    p->again = loop_timer_new(p->door->runtime->loop, try_it, p);
    http_exchange_on_gone(p->exchange, client_gone, p);
  }
  loop_timer_start(p->again, LIMIT_HOLD_SETTLE_MS);
}

/* That its client has stopped it may still be on its way to us. */
static bool may_wait(const struct agui_post *p)
{
  unsigned long long now = clock_ticks_ms(), most = p->began_ms + LIMIT_AGUI_STOP_MS;
  if (records_ending(p->door->records, p->in.thread_id))
    most = p->began_ms + LIMIT_AGUI_WAIT_MS;
  return now < most && !records_find(p->door->records, p->in.run_id);
}

static void try_it(void *who)
{
  struct agui_post *p = who;
  struct fault f = {0};
  struct record *r = go_on(p->door, &p->in, p->body);
  if (!r)
    r = start(p->door, p->exchange, &p->in, p->body, &f);
  if (!r && f.kind == FAULT_CONFLICT && may_wait(p)) {
    wait_for_the_end(p);
    return;
  }
  if (r)
    runs_door_follow(p->door, p->exchange, r, &p->form);
  else
    refuse(p->exchange, &f);
  post_free(p);
}

void agui_post_answer(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target)
{
  (void)target;
  struct fault f = {0};
  struct agui_post *p = mem_new(sizeof *p);
  *p = (struct agui_post){.door = d, .exchange = x, .began_ms = clock_ticks_ms()};
  if (!d->agui.on) {
    answer_text(x, 404, "text/plain",
                SPAN_LITERAL("POST /agui is not set up: start runlet serve with "
                             "--agui-harness"));
  } else if (runs_door_read_form(x, &p->form)) {
    struct buf text = http_exchange_body(x);
    p->body = keyed_hash(buf_span(&text));
    if (agui_input_read(&text, &p->in, &f) == 0) {
      try_it(p);
      return;
    }
    refuse(x, &f);
  }
  post_free(p);
}
