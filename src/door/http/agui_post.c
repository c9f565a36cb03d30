/* SPDX-License-Identifier: MIT */
/* agui_post.c - the body becomes an input, the input a request, the request a record.  */
#include "door/http/agui_post.h"

#include "base/json_write.h"
#include "base/keyed_hash.h"
#include "base/limits.h"
#include "base/log.h"
#include "door/http/agui_request.h"
#include "door/http/answer.h"
#include "door/http/runs_door.h"
#include "event/formats.h"
#include "http/http_server.h"
#include "request/trace.h"
#include "run/run_hold.h"

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

static void give_results(const struct agui_input *in, struct run *run)
{
  struct json_walk all = json_slice_walk(in->messages);
  while (json_slice_next(&all)) {
    struct span id = json_slice(all.value, "toolCallId"),
                error = json_slice(all.value, "error");
    bool failed = json_slice_kind(error) == JSON_STRING;
    struct buf call = buf_make(id.len + 1), json = buf_make(6 * all.value.len + 3);
    if (json_slice_kind(id) == JSON_STRING)
      json_unescape(id, &call);
    put_result(failed ? error : json_slice(all.value, "content"), &json);
    if (call.len > 0)
      (void)run_hold_answer(run, buf_span(&call), buf_span(&json), failed);
    buf_free(&call);
    buf_free(&json);
  }
}

/* {"interruptId","status":"resolved"|"cancelled","payload"?: {"approved","reason"?}}; a
 * payload that is true alone is yes, too. */
static void give_permissions(const struct agui_input *in, struct run *run)
{
  struct json_walk all = json_slice_walk(in->resume);
  while (json_slice_next(&all)) {
    struct span raw_id = json_slice(all.value, "interruptId"),
                status = json_slice(all.value, "status"),
                payload = json_slice(all.value, "payload"),
                raw_reason = json_slice(payload, "reason");
    struct buf id = buf_make(raw_id.len + 1), reason = buf_make(raw_reason.len + 1);
    if (json_slice_kind(raw_id) == JSON_STRING)
      json_unescape(raw_id, &id);
    if (json_slice_kind(raw_reason) == JSON_STRING)
      json_unescape(raw_reason, &reason);
    bool yes =
        json_slice_kind(status) == JSON_STRING &&
        json_slice_says(status, SPAN_LITERAL("resolved")) &&
        (span_is(json_slice(payload, "approved"), "true") || span_is(payload, "true"));
    (void)run_hold_permit(run, buf_span(&id), yes, buf_span(&reason));
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

void agui_post_answer(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target)
{
  (void)target;
  struct runs_door_form form = {0};
  struct fault f = {0};
  if (!d->agui.on) {
    answer_text(x, 404, "text/plain",
                SPAN_LITERAL("POST /agui is not set up: start runlet serve with "
                             "--agui-harness"));
    return;
  }
  if (!runs_door_read_form(x, &form))
    return;
  struct buf text = http_exchange_body(x);
  uint64_t body = keyed_hash(buf_span(&text));
  struct agui_input in;
  struct record *r = NULL;
  if (agui_input_read(&text, &in, &f) == 0) {
    r = go_on(d, &in, body);
    if (!r)
      r = start(d, x, &in, body, &f);
  }
  agui_input_free(&in);
  if (r) {
    runs_door_follow(d, x, r, &form);
    return;
  }
  log_line(LOG_INFO, (struct span){0}, "refused a run: %s", f.text);
  answer_fault(x, &f);
}
