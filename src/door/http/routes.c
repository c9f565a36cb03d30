/* SPDX-License-Identifier: MIT */
/* routes.c - the table, and the one place that looks a request up in it.  */
#include "door/http/routes.h"

#include "base/limits.h"
#include "door/http/agui_post.h"
#include "door/http/answer.h"
#include "door/http/approval_post.h"
#include "door/http/code_post.h"
#include "door/http/message_post.h"
#include "door/http/metrics.h"
#include "door/http/ready.h"
#include "door/http/run_post.h"
#include "door/http/runs_door.h"
#include "http/http_server.h"

static const struct route table[] = {
    {"GET", "/health", .exact = true, .is_open = true, .answer = health_answer},
    {"POST", "/run", .exact = true, .answer = run_post_answer},
    {"POST", "/v1/runs", .exact = true, .answer = code_post_answer},
    {"POST", "/agui", .exact = true, .for_pages = true, .answer = agui_post_answer},
    {"GET", "/ready", .answer = ready_answer},
    {"GET", "/metrics", .answer = metrics_answer},
    {"GET", "/runs", .answer = runs_door_list},
    {"GET", "/runs/{id}", .answer = runs_door_record},
    {"GET", "/runs/{id}/events", .for_pages = true, .answer = runs_door_events},
    {"GET", "/runs/{id}/session", .answer = runs_door_session},
    {"POST", "/runs/{id}/approvals/{id}", .for_pages = true,
     .answer = approval_post_answer},
    {"POST", "/runs/{id}/messages", .for_pages = true, .answer = message_post_answer},
    {"POST", "/runs/{id}/cancel", .for_pages = true, .answer = runs_door_cancel},
    {.method = ""},
};

bool routes_is_open(const struct http_request *r)
{
  struct route_target ignored;
  const struct route *route = route_find(table, r->method, r->target, &ignored);
  return route && route->is_open;
}

bool routes_is_for_pages(const struct http_request *r, struct span method)
{
  struct route_target ignored;
  const struct route *route = route_find(table, method, r->target, &ignored);
  return route && route->for_pages;
}

/* An address that is there takes another method, and which. */
static void answer_no_route(struct http_exchange *x, struct span target)
{
  struct buf methods = buf_make(KIB), text = buf_make(KIB);
  route_methods(table, target, &methods);
  struct http_header allow = {SPAN_LITERAL("allow"), buf_span(&methods)};
  struct http_answer a = {
      .status = 405, .content_type = "text/plain", .headers = &allow, .header_count = 1};
  buf_addf(&text, "this address takes %s", buf_cstring(&methods));
  if (methods.len > 0)
    http_reply(x, &a, buf_span(&text));
  else
    answer_text(x, 404, NULL, SPAN_LITERAL("not found"));
  buf_free(&methods);
  buf_free(&text);
}

void routes_answer(struct runs_door *d, struct http_exchange *x)
{
  const struct http_request *r = http_exchange_request(x);
  struct route_target target;
  struct fault f = {0};
  const struct route *route = route_find(table, r->method, r->target, &target);
  if (!route) {
    answer_no_route(x, r->target);
    return;
  }
  target.id = target.second_id = buf_make(LIMIT_HEADER_BYTES);
  if (route_decode(target.segment, &target.id, &f) < 0 ||
      route_decode(target.second, &target.second_id, &f) < 0)
    answer_fault(x, &f);
  else
    route->answer(d, x, &target);
  buf_free(&target.id);
  buf_free(&target.second_id);
}
