/* SPDX-License-Identifier: MIT */
/* run_post.c - the body becomes a request, the request a record, the record a stream.  */
#include "door/http/run_post.h"

#include "base/ids.h"
#include "base/keyed_hash.h"
#include "base/limits.h"
#include "base/log.h"
#include "door/http/answer.h"
#include "door/http/runs_door.h"
#include "event/formats.h"
#include "http/http_server.h"
#include "request/request_read.h"
#include "request/trace.h"
#include "run/agents_found.h"

void run_post_answer(struct runs_door *d, struct http_exchange *x,
                     const struct route_target *target)
{
  (void)target;
  struct runs_door_form form = {0};
  if (!runs_door_read_form(x, &form))
    return;
  struct buf text = http_exchange_body(x);
  uint64_t body = keyed_hash(buf_span(&text));
  const struct http_request *head = http_exchange_request(x);
  struct fault f = {0};
  struct buf run_id = buf_make(KIB), thread_id = buf_make(KIB);
  int failed =
      ids_fresh(&run_id, "run", &f) < 0 ? -1 : ids_fresh(&thread_id, "thread", &f);
  struct request_rules rules = {.is_harness = run_is_harness,
                                .put_harnesses = agents_known_put,
                                .who = &d->runtime->agent_environment,
                                .lenient = true,
                                .run_id = buf_span(&run_id),
                                .thread_id = buf_span(&thread_id),
                                .local_tools = d->runtime->settings.tool_command != NULL,
                                .event_format_name = formats_wire_name};
  struct run_request *req = failed ? NULL : run_request_read(&text, &rules, &f);
  struct record *r = NULL;
  if (req) {
    trace_take(req, http_request_header(head, "traceparent"),
               http_request_header(head, "tracestate"));
    r = records_post(d->records, req, body, &f);
  }
  buf_wipe(&text);
  buf_free(&run_id);
  buf_free(&thread_id);
  if (!r) {
    log_line(LOG_INFO, (struct span){0}, "refused a run: %s", f.text);
    answer_fault(x, &f);
    return;
  }
  runs_door_follow(d, x, r, &form);
}
