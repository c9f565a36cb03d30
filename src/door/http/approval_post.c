/* SPDX-License-Identifier: MIT */
/* approval_post.c - the body is read before anything is looked up: a bad one is told as
 * such, whatever it was for.  */
#include "door/http/approval_post.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "door/http/answer.h"
#include "door/http/runs_door.h"
#include "http/http_server.h"

struct said {
  bool yes;
  struct buf reason;
};

static int read_body(struct span body, struct said *out, struct fault *f)
{
  struct json *doc = json_parse(body, NULL, f);
  if (!doc)
    return fault_prefix(f, "the body is not valid JSON");
  json_at approved = json_get(json_root(doc), "approved"),
          reason = json_get(json_root(doc), "reason");
  enum json_kind kind = json_kind(approved), why = json_kind(reason);
  int failed = 0;
  if (kind != JSON_TRUE && kind != JSON_FALSE)
    failed = fault_set(f, FAULT_BAD_INPUT, "approved must be true or false");
  else if (why != JSON_ABSENT && why != JSON_NULL && why != JSON_STRING)
    failed = fault_set(f, FAULT_BAD_INPUT, "reason must be a string");
  out->yes = kind == JSON_TRUE;
  buf_add(&out->reason, json_text(doc, reason, (struct span){0}));
  json_free(doc);
  return failed;
}

static void confirm(struct http_exchange *x, const struct route_target *target, bool yes)
{
  struct buf text = buf_make(LIMIT_BODY_BYTES);
  struct json_writer w = json_write_to(&text);
  json_open(&w, NULL, '{');
  json_put_text(&w, "runId", buf_span(&target->id));
  json_put_text(&w, "approvalId", buf_span(&target->second_id));
  json_put_bool(&w, "approved", yes);
  json_close(&w, '}');
  answer_text(x, 200, "application/json", buf_span(&text));
  buf_free(&text);
}

void approval_post_answer(struct runs_door *d, struct http_exchange *x,
                          const struct route_target *target)
{
  struct buf body = http_exchange_body(x);
  struct said said = {.reason = buf_make(LIMIT_BODY_BYTES)};
  struct fault f = {0};
  struct record *r = NULL;
  if (read_body(buf_span(&body), &said, &f) < 0)
    answer_fault(x, &f);
  else if ((r = runs_door_find(d, x, target))) {
    if (record_approve(r, buf_span(&target->second_id), said.yes, buf_span(&said.reason),
                       &f) < 0)
      answer_fault(x, &f);
    else
      confirm(x, target, said.yes);
  }
  buf_free(&body);
  buf_free(&said.reason);
}
