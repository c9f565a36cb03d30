/* SPDX-License-Identifier: MIT */
/* agui_post.c - the body becomes an input, the input a request, the request a record.  */
#include "door/http/agui_post.h"

#include "base/keyed_hash.h"
#include "base/log.h"
#include "door/http/agui_request.h"
#include "door/http/answer.h"
#include "door/http/runs_door.h"
#include "event/formats.h"
#include "http/http_server.h"

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
  buf_add(&req->door_text, http_request_header(http_exchange_request(x), "traceparent"));
  req->traceparent = buf_span(&req->door_text);
  return records_post(d->records, req, body, f);
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
  if (agui_input_read(&text, &in, &f) == 0)
    r = start(d, x, &in, body, &f);
  agui_input_free(&in);
  if (r) {
    runs_door_follow(d, x, r, &form);
    return;
  }
  log_line(LOG_INFO, (struct span){0}, "refused a run: %s", f.text);
  answer_fault(x, &f);
}
