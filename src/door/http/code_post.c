/* SPDX-License-Identifier: MIT */
/* code_post.c - the body becomes code, the code a run, the run a record.  */
#include "door/http/code_post.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "base/log.h"
#include "door/http/answer.h"
#include "door/http/code_program.h"
#include "door/http/code_run.h"
#include "event/formats.h"
#include "http/http_server.h"
#include "request/trace.h"

/* Its hosts read errors as JSON. */
static void refuse(struct http_exchange *x, const struct fault *f)
{
  struct buf text = buf_make(6 * sizeof f->text + KIB);
  struct json_writer w = json_write_to(&text);
  log_line(LOG_INFO, (struct span){0}, "refused a run of code: %s", f->text);
  json_open(&w, NULL, '{');
  json_put_text(&w, "error", span_of(f->text));
  json_close(&w, '}');
  answer_text(x, fault_http_status(f->kind), "application/json", buf_span(&text));
  buf_free(&text);
}

static struct record *start(struct runs_door *d, const struct http_request *head,
                            const struct code_request *code, uint64_t body,
                            struct fault *f)
{
  const struct run_settings *settings = &d->runtime->settings;
  struct request_rules rules = {.is_harness = run_is_harness,
                                .event_format_name = formats_wire_name};
  struct run_request *req = code_program_request(
      code, d->runtime->options->serve.runs_harness, settings->max_run_ms, &rules, f);
  if (!req)
    return NULL;
  trace_take(req, http_request_header(head, "traceparent"),
             http_request_header(head, "tracestate"));
  return records_post(d->records, req, body, f);
}

void code_post_answer(struct runs_door *d, struct http_exchange *x,
                      const struct route_target *target)
{
  (void)target;
  struct fault f = {0};
  struct buf text = http_exchange_body(x);
  uint64_t body = span_hash(buf_span(&text));
  struct code_request code = {0};
  struct record *r = NULL;
  bool again = false;
  if (!d->has_token) {
    buf_wipe(&text);
    fault_set(&f, FAULT_BUSY, "Runtime authentication secret is not configured");
  } else if (code_request_read(&text, &code, &f) == 0) {
    again = records_find(d->records, code.callback.run_id) != NULL;
    r = start(d, http_exchange_request(x), &code, body, &f);
  }
  if (r) {
    code_run_open(d, x, r, &code, again);
    return;
  }
  refuse(x, &f);
  code_request_free(&code);
}
