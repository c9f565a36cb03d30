/* SPDX-License-Identifier: MIT */
#include "connection_fixture.h"

#include "base/limits.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void gone(void *who)
{
  struct connection_fixture *d = who;
  d->gone++;
  d->kept = NULL;
}

static void on_head(void *who, struct http_exchange *x)
{
  struct connection_fixture *d = who;
  d->heads++;
  if (span_is(http_exchange_request(x)->target, "/secret"))
    http_reply(x, &(struct http_answer){.status = 401}, SPAN_LITERAL("no"));
}

static void on_request(void *who, struct http_exchange *x)
{
  struct connection_fixture *d = who;
  const struct http_request *r = http_exchange_request(x);
  d->requests++;
  if (span_is(r->target, "/keep")) {
    d->kept = x;
    http_exchange_on_gone(x, gone, d);
    return;
  }
  struct buf text = buf_make(MIB);
  buf_add(&text, r->method);
  buf_add_char(&text, ' ');
  buf_add(&text, r->target);
  buf_add_char(&text, ' ');
  buf_add(&text, buf_span(&r->body));
  buf_add_char(&text, '|');
  http_reply(x, &(struct http_answer){.status = 200}, buf_span(&text));
  buf_free(&text);
}

void connection_fixture_open(struct connection_fixture *d)
{
  *d = (struct connection_fixture){.setup = {.limits = {KIB, 10, 64 * KIB},
                                             .connections = 4,
                                             .head_ms = 5000,
                                             .body_ms = 5000,
                                             .on_head = on_head,
                                             .on_request = on_request,
                                             .who = d}};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
}

void connection_fixture_start(struct connection_fixture *d)
{
  struct fault f = {0};
  d->server = http_server_open(&d->loop, "127.0.0.1", 0, &d->setup, &f);
  assert_non_null(d->server);
  loopback_connect(&d->client, &d->loop, http_server_port(d->server));
}

void connection_fixture_setup(struct connection_fixture *d)
{
  connection_fixture_open(d);
  connection_fixture_start(d);
}

void connection_fixture_finish(struct connection_fixture *d)
{
  loopback_close(&d->client, false);
  http_server_close(d->server, NULL, NULL);
  loopback_loop_close(&d->loop);
}

void connection_fixture_expect(struct connection_fixture *d, const char *request,
                               size_t step, const char *status)
{
  loopback_send(&d->client, request, step);
  loopback_wait_text(&d->client, status);
  loopback_wait_end(&d->client);
  assert_int_equal(d->client.error, 0); /* it is told, then closed: not reset */
  assert_int_equal(loopback_count(&d->client, "HTTP/1.1"), 1);
}
