/* SPDX-License-Identifier: MIT */
/* host.c - see host.h. */
#include "host.h"

#include "base/json.h"
#include "base/limits.h"
#include "http/http_client.h"
#include "http/http_server.h"
#include "loopback.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void answer(struct host *h, struct http_exchange *x, struct span request)
{
  struct http_answer a = {.status = h->status, .content_type = "application/json"};
  struct buf body = buf_make(256 * (size_t)MIB);
  if (h->body) {
    buf_add_text(&body, h->body);
  } else {
    buf_add_text(&body, "{\"result\":");
    buf_add(&body, json_slice(request, "args"));
    buf_add_char(&body, '}');
  }
  http_reply(x, &a, buf_span(&body));
  buf_free(&body);
}

static void caller_gone(void *who)
{
  struct http_exchange **held = who;
  *held = NULL;
}

static void remember(struct host *h, const struct http_request *r, struct span body)
{
  buf_clear(&h->last_body);
  buf_add(&h->last_body, body);
  buf_clear(&h->last_head);
  for (size_t i = 0; i < r->header_count; i++) {
    buf_add(&h->last_head, r->headers[i].name);
    buf_add_text(&h->last_head, ": ");
    buf_add(&h->last_head, r->headers[i].value);
    buf_add_char(&h->last_head, '\n');
  }
  buf_add(&h->attempts, http_request_header(r, "x-runlet-call-id"));
  buf_add_char(&h->attempts, ' ');
  buf_add(&h->attempts, http_request_header(r, "x-runlet-attempt"));
  buf_add_char(&h->attempts, '\n');
}

static void on_request(void *who, struct http_exchange *x)
{
  struct host *h = who;
  struct buf body = http_exchange_body(x);
  h->requests++;
  remember(h, http_exchange_request(x), buf_span(&body));
  if (h->failures > 0) {
    h->failures--;
    http_abort(x);
  } else if (h->hold) {
    assert_true(h->held_count < HOST_HELD);
    h->held[h->held_count].exchange = x;
    h->held[h->held_count].body = buf_take(&body);
    /* The server tells of a reset only while an answer streams: begin it. */
    struct http_answer a = {.status = h->status, .content_type = "application/json"};
    http_begin(x, &a, SPAN_LITERAL(" "));
    http_exchange_on_gone(x, caller_gone, &h->held[h->held_count].exchange);
    h->held_count++;
  } else {
    answer(h, x, buf_span(&body));
  }
  buf_free(&body);
}

void host_release(struct host *h)
{
  h->hold = false;
  for (unsigned i = 0; i < h->held_count; i++) {
    struct http_exchange *x = h->held[i].exchange;
    if (x && h->body) {
      http_write(x, span_of(h->body));
    } else if (x) {
      http_write(x, SPAN_LITERAL("{\"result\":"));
      http_write(x, json_slice(buf_span(&h->held[i].body), "args"));
      http_write(x, SPAN_LITERAL("}"));
    }
    if (x)
      http_end(x);
    else
      h->gone++;
    buf_free(&h->held[i].body);
  }
  h->held_count = 0;
}

struct wanted {
  struct host *host;
  unsigned count;
};

static bool has_requests(void *who)
{
  struct wanted *w = who;
  return w->host->requests >= w->count;
}

void host_wait_requests(struct host *h, unsigned count)
{
  struct wanted w = {h, count};
  loopback_wait(h->loop, has_requests, &w);
}

static bool has_gone(void *who)
{
  struct wanted *w = who;
  unsigned gone = w->host->gone;
  for (unsigned i = 0; i < w->host->held_count; i++)
    gone += w->host->held[i].exchange == NULL;
  return gone >= w->count;
}

void host_wait_gone(struct host *h, unsigned count)
{
  struct wanted w = {h, count};
  loopback_wait(h->loop, has_gone, &w);
}

void host_open(struct host *h, uv_loop_t *loop)
{
  struct fault f = {0};
  *h = (struct host){.loop = loop,
                     .status = 200,
                     .last_body = buf_make(256 * (size_t)MIB),
                     .last_head = buf_make(MIB),
                     .attempts = buf_make(MIB)};
  struct http_server_setup server = {
      .limits = {LIMIT_HEADER_BYTES, LIMIT_HEADER_COUNT, 64 * (size_t)MIB},
      .connections = 256,
      .on_request = on_request,
      .who = h};
  struct http_client_setup client = {.loop = loop};
  h->server = http_server_open(loop, "127.0.0.1", 0, &server, &f);
  h->client = http_client_open(&client, &f);
  assert_non_null(h->server);
  assert_non_null(h->client);
  snprintf(h->url, sizeof h->url, "http://127.0.0.1:%u/tools",
           http_server_port(h->server));
}

static void closed(void *who)
{
  *(bool *)who = true;
}

static bool is_closed(void *who)
{
  struct host *h = who;
  return h->server_closed && h->client_closed;
}

void host_close(struct host *h)
{
  http_client_close(h->client, closed, &h->client_closed);
  http_server_close(h->server, closed, &h->server_closed);
  loopback_wait(h->loop, is_closed, h);
  for (unsigned i = 0; i < h->held_count; i++)
    buf_free(&h->held[i].body);
  buf_free(&h->last_body);
  buf_free(&h->last_head);
  buf_free(&h->attempts);
}
