/* SPDX-License-Identifier: MIT */
/* gateway_call.c - at each moment a call waits for one thing: a job on files, or the
 * timer between two of them.  */
#include "gateway_call.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "gateway_request.h"
#include "gateway_response.h"
#include "http/http_exchange.h"
#include "io/file_job.h"
#include "io/loop.h"

#include <stdlib.h>

#define SHUTTING_DOWN "The bridge gateway is shutting down."

struct gateway_call {
  struct gateway_calls *all;
  struct gateway_call *next, **link;
  struct http_exchange *x; /* NULL: dropped */
  struct loop_timer *timer;
  char id[37];
  struct buf body;
  size_t held;
  bool safe;       /* it may be sent again */
  bool dispatched; /* the host may have seen it */
  unsigned long long deadline_ms;
  struct fault fault; /* why it fails, while its request file is removed */
};

/* -- answers -- */

static void answer_json(struct http_exchange *x, int status,
                        const struct http_header *header, struct span error)
{
  struct http_answer answer = {.status = status,
                               .content_type = "application/json",
                               .headers = header,
                               .header_count = header != NULL};
  struct buf text = buf_make(8 * KIB);
  struct json_writer w = json_write_to(&text);
  json_open(&w, NULL, '{');
  json_put_text(&w, "error", error);
  if (header) {
    json_put_text(&w, "outcome", header->value);
    json_put_bool(&w, "retryable", false);
  }
  json_close(&w, '}');
  http_reply(x, &answer, buf_span(&text));
  buf_free(&text);
}

void gateway_answer_error(struct http_exchange *x, int status, struct span text)
{
  answer_json(x, status, NULL, text);
}

static void answer_fault(struct gateway_call *c, const struct fault *f)
{
  static const struct http_header outcome = {SPAN_LITERAL(GATEWAY_OUTCOME),
                                             SPAN_LITERAL("indeterminate")};
  bool uncertain = c->dispatched && !c->safe;
  int status = uncertain ? 409 : f->kind == FAULT_BUSY ? 503 : 502;
  if (c->x)
    answer_json(c->x, status, uncertain ? &outcome : NULL, span_of(f->text));
}

/* -- the calls -- */

int gateway_calls_have_room(const struct gateway_calls *g, size_t bytes, struct fault *f)
{
  size_t ceiling = gateway_settings_ceiling(g->settings);
  if (bytes <= ceiling && g->held <= ceiling - bytes)
    return 0;
  return fault_set(f, FAULT_BUSY,
                   "The bridge gateway process reached its reserved body byte ceiling. "
                   "Retry later.");
}

static int hold(struct gateway_call *c, size_t bytes, struct fault *f)
{
  if (gateway_calls_have_room(c->all, bytes, f) < 0)
    return -1;
  c->all->held += bytes;
  c->held += bytes;
  return 0;
}

/* It has answered. */
static void call_end(struct gateway_call *c)
{
  struct gateway_calls *g = c->all;
  g->held -= c->held;
  g->count--;
  *c->link = c->next;
  if (c->next)
    c->next->link = c->link;
  loop_timer_free(c->timer);
  buf_wipe(&c->body);
  free(c);
}

static struct buf path_in(const struct buf *folder, const char *name)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  buf_add(&path, buf_span(folder));
  buf_addf(&path, "/%s.json", name);
  return path;
}

/* -- the end -- */

static void was_removed(void *who, struct file_job *job)
{
  struct gateway_call *c = who;
  (void)job; /* one that cannot be removed is swept as stale some time */
  answer_fault(c, &c->fault);
  call_end(c);
}

static void fail(struct gateway_call *c, const struct fault *f)
{
  c->fault = *f;
  if (!c->dispatched) {
    answer_fault(c, f);
    call_end(c);
    return;
  }
  /* It must not count as one that waits, and the host must not begin with it now. */
  struct file_job job = {.kind = FILE_REMOVE, .path = path_in(&c->all->requests, c->id)};
  file_job_start(c->all->loop, &job, was_removed, c);
}

/* -- the response -- */

static void answer_response(struct gateway_call *c, struct span text)
{
  struct gateway_response response;
  struct fault f = {0};
  int failed = hold(c, 6 * text.len + 1, &f);
  if (!failed) {
    failed = gateway_response_read(text, span_of(c->id), c->all->settings->max_body_bytes,
                                   &response, &f);
    if (!failed && c->x)
      http_reply(c->x, &response.answer, response.body);
    gateway_response_free(&response);
  }
  if (failed)
    fail(c, &f);
  else
    call_end(c);
}

static void took_response(void *who, struct file_job *job)
{
  struct gateway_call *c = who;
  struct fault f = {0};
  if (job->fault.kind == FAULT_TOO_BIG)
    fault_set(&job->fault, FAULT_TOO_BIG,
              "Bridge response envelope exceeded the configured size limit.");
  if (job->fault.kind) {
    fail(c, &job->fault);
  } else if (job->found) {
    answer_response(c, buf_span(&job->bytes));
  } else if (c->all->ending) {
    fault_set(&f, FAULT_CANCELLED, SHUTTING_DOWN);
    fail(c, &f);
  } else if (clock_ticks_ms() >= c->deadline_ms) {
    fault_set(&f, FAULT_TIMEOUT, "Timed out waiting for host bridge response.");
    fail(c, &f);
  } else {
    loop_timer_start(c->timer, c->all->settings->poll_ms);
  }
}

static void look_for_response(void *who)
{
  struct gateway_call *c = who;
  struct file_job job = {.kind = FILE_TAKE,
                         .path = path_in(&c->all->responses, c->id),
                         .ceiling =
                             gateway_settings_envelope(c->all->settings->max_body_bytes)};
  file_job_start(c->all->loop, &job, took_response, c);
}

/* -- the request -- */

static void put_request(void *who, struct file_job *job)
{
  struct gateway_call *c = who;
  if (job->fault.kind) {
    fail(c, &job->fault);
    return;
  }
  c->deadline_ms = clock_ticks_ms() + c->all->settings->response_ms;
  if (c->all->ending)
    look_for_response(c);
  else
    loop_timer_start(c->timer, c->all->settings->poll_ms);
}

static int write_request(struct gateway_call *c, struct file_job *job, struct fault *f)
{
  struct gateway_target target;
  struct buf now = buf_make(64);
  struct gateway_request r = {.head = http_exchange_request(c->x),
                              .target = &target,
                              .body = buf_span(&c->body),
                              .id = span_of(c->id),
                              .max_body_bytes = c->all->settings->max_body_bytes};
  clock_put(clock_now_ms(), &now);
  r.created_at = buf_span(&now);
  *job = (struct file_job){
      .kind = FILE_PUT,
      .path = path_in(&c->all->requests, c->id),
      .bytes = buf_make(6 * r.body.len + 12 * LIMIT_HEADER_BYTES + 4 * KIB)};
  int failed = gateway_target_read(r.head->target, &target, f);
  if (!failed)
    failed = gateway_request_put(&r, &job->bytes, f);
  gateway_target_free(&target);
  buf_free(&now);
  return failed;
}

static void has_room(void *who, struct file_job *job)
{
  struct gateway_call *c = who;
  struct file_job next = {0};
  struct fault f = job->fault;
  if (!c->x)
    fault_set(&f, FAULT_CANCELLED, SHUTTING_DOWN);
  if (!f.kind && job->count >= job->most)
    fault_set(&f, FAULT_BUSY, "Bridge request queue is full.");
  if (!f.kind && write_request(c, &next, &f) == 0) {
    buf_wipe(&c->body); /* it is in the file's text */
    c->dispatched = true;
    file_job_start(c->all->loop, &next, put_request, c);
    return;
  }
  file_job_free(&next);
  fail(c, &f);
}

/* -- the beginning -- */

void gateway_call_start(struct gateway_calls *g, struct http_exchange *x)
{
  struct gateway_call *c = mem_new(sizeof *c);
  struct fault f = {0};
  *c = (struct gateway_call){.all = g, .x = x, .next = g->first, .link = &g->first};
  if (c->next)
    c->next->link = &c->next;
  g->first = c;
  g->count++;
  c->timer = loop_timer_new(g->loop, look_for_response, c);
  c->safe = gateway_request_is_safe(http_exchange_request(x));
  c->body = http_exchange_body(x);
  size_t bytes = c->body.len;
  if (hold(c, 2 * bytes + 4 * gateway_settings_envelope(bytes), &f) < 0 ||
      ids_uuid(c->id, &f) < 0) {
    fail(c, &f);
    return;
  }
  struct file_job job = {.kind = FILE_COUNT,
                         .most = g->settings->depth,
                         .stale_ms = (unsigned long long)g->settings->response_ms +
                                     LIMIT_GATEWAY_STALE_MS,
                         .path = buf_make(LIMIT_PATH_BYTES)};
  buf_add(&job.path, buf_span(&g->requests));
  file_job_start(g->loop, &job, has_room, c);
}

void gateway_calls_open(struct gateway_calls *g, struct uv_loop_s *loop,
                        const struct gateway_settings *settings)
{
  *g = (struct gateway_calls){.loop = loop,
                              .settings = settings,
                              .requests = buf_make(LIMIT_PATH_BYTES),
                              .responses = buf_make(LIMIT_PATH_BYTES)};
  buf_addf(&g->requests, "%s/requests", settings->queue);
  buf_addf(&g->responses, "%s/responses", settings->queue);
}

void gateway_calls_end(struct gateway_calls *g)
{
  g->ending = true;
  for (struct gateway_call *c = g->first; c; c = c->next)
    if (loop_timer_is_set(c->timer))
      loop_timer_start(c->timer, 0); /* one last look */
}

void gateway_calls_drop(struct gateway_calls *g)
{
  for (struct gateway_call *c = g->first; c; c = c->next)
    c->x = NULL;
}

void gateway_calls_close(struct gateway_calls *g)
{
  buf_free(&g->requests);
  buf_free(&g->responses);
}
