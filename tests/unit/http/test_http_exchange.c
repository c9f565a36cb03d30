/* SPDX-License-Identifier: MIT */
#include "http/http_exchange.h"

#include "base/limits.h"
#include "http/http_server.h"
#include "loopback.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The owner: answers at once as `how` says, or keeps the exchange for the test. */
struct fixture {
  uv_loop_t loop;
  struct http_server *server;
  struct loopback_client client;
  struct http_exchange *kept;
  void (*how)(struct fixture *d, struct http_exchange *x);
  unsigned requests, gone, ends;
  struct buf input; /* of an upgraded connection */
};

static void gone(void *who)
{
  struct fixture *d = who;
  d->gone++;
  d->kept = NULL;
}

static void on_request(void *who, struct http_exchange *x)
{
  struct fixture *d = who;
  d->requests++;
  d->how(d, x);
}

static void keep(struct fixture *d, struct http_exchange *x)
{
  d->kept = x;
  http_exchange_on_gone(x, gone, d);
}

static void setup_fixture(struct fixture *d,
                          void (*how)(struct fixture *d, struct http_exchange *x))
{
  *d = (struct fixture){.how = how};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
  struct http_server_setup setup = {.limits = {16 * KIB, 100, MIB},
                                    .connections = 4,
                                    .on_request = on_request,
                                    .who = d};
  struct fault f = {0};
  d->server = http_server_open(&d->loop, "127.0.0.1", 0, &setup, &f);
  assert_non_null(d->server);
  loopback_connect(&d->client, &d->loop, http_server_port(d->server));
}

static void finish_fixture(struct fixture *d)
{
  loopback_close(&d->client, false);
  http_server_close(d->server, NULL, NULL);
  loopback_loop_close(&d->loop);
}

static void expect(struct fixture *d, const char *request, const char *answer)
{
  buf_clear(&d->client.got);
  loopback_send(&d->client, request, 0);
  loopback_wait_text(&d->client, answer);
  assert_string_equal(buf_cstring(&d->client.got), answer);
}

/* -- whole answers -- */

static void reply_ok(struct fixture *d, struct http_exchange *x)
{
  (void)d;
  http_reply(x, &(struct http_answer){.status = 200}, SPAN_LITERAL("ok"));
}

static void test_http_reply__has_a_length_and_no_more_headers_than_asked_for(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, reply_ok);
  expect(&d, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
         "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  finish_fixture(&d);
}

static void test_http_reply__gives_head_the_length_but_not_the_body(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, reply_ok);
  expect(&d, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
         "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
  expect(&d, "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
         "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  finish_fixture(&d);
}

static void reply_more(struct fixture *d, struct http_exchange *x)
{
  (void)d;
  struct http_header more[] = {{SPAN_LITERAL("allow"), SPAN_LITERAL("POST")},
                               {SPAN_LITERAL("x-y"), SPAN_LITERAL("a\r\nevil: 1")}};
  struct http_answer answer = {.status = 405,
                               .content_type = "application/json",
                               .headers = more,
                               .header_count = 2};
  http_reply(x, &answer, SPAN_LITERAL("{}"));
}

static void test_http_reply__does_not_let_a_value_add_a_header(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, reply_more);
  expect(&d, "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
         "HTTP/1.1 405 Method Not Allowed\r\ncontent-type: application/json\r\n"
         "allow: POST\r\nx-y: a  evil: 1\r\ncontent-length: 2\r\n\r\n{}");
  finish_fixture(&d);
}

static void reply_empty(struct fixture *d, struct http_exchange *x)
{
  int status = d->requests == 1 ? 202 : 204;
  http_reply(x, &(struct http_answer){.status = status}, (struct span){0});
}

static void test_http_reply__frames_an_empty_answer_by_its_status(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, reply_empty);
  expect(&d, "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
         "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
  expect(&d, "POST / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n");
  finish_fixture(&d);
}

static void test_http_reply__closes_for_http_1_0_unless_it_asks_to_stay(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, reply_ok);
  expect(&d, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok");
  expect(&d, "GET / HTTP/1.0\r\n\r\n",
         "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  finish_fixture(&d);
}

static void reply_big(struct fixture *d, struct http_exchange *x)
{
  (void)d;
  size_t len = 20 * (size_t)MIB;
  char *body = malloc(len);
  memset(body, 'b', len);
  http_reply(x, &(struct http_answer){.status = 200, .close = true},
             (struct span){body, len});
  free(body);
}

static void test_http_reply__delivers_twenty_megabytes_and_closes(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, reply_big);
  loopback_send(&d.client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  const char *body = memmem(d.client.got.at, 200, "\r\n\r\n", 4);
  assert_non_null(body);
  assert_int_equal(d.client.got.at + d.client.got.len - (body + 4), 20 * MIB);
  finish_fixture(&d);
}

/* -- streamed answers -- */

static void begin_ndjson(struct http_exchange *x)
{
  http_begin(x,
             &(struct http_answer){.status = 200, .content_type = "application/x-ndjson"},
             SPAN_LITERAL("\n"));
}

static void test_http_begin__sends_the_head_at_once_and_then_chunks(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, keep);
  loopback_send(&d.client, "POST /run HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  begin_ndjson(d.kept);
  loopback_wait_text(&d.client, "\r\n\r\n");
  assert_string_equal(buf_cstring(&d.client.got),
                      "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n"
                      "transfer-encoding: chunked\r\n\r\n");
  buf_clear(&d.client.got);
  assert_int_equal(http_write(d.kept, (struct span){0}), 0);
  assert_int_equal(http_write(d.kept, SPAN_LITERAL("{\"a\":1}\n")), 13);
  http_write(d.kept, SPAN_LITERAL("0123456789abcdef\n"));
  http_end(d.kept);
  loopback_wait_text(&d.client, "0\r\n\r\n");
  assert_string_equal(buf_cstring(&d.client.got),
                      "8\r\n{\"a\":1}\n\r\n11\r\n0123456789abcdef\n\r\n0\r\n\r\n");
  finish_fixture(&d);
}

static void
test_http_begin__streams_to_the_end_of_the_connection_for_http_1_0(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, keep);
  loopback_send(&d.client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 0);
  begin_ndjson(d.kept);
  http_write(d.kept, SPAN_LITERAL("line\n"));
  http_end(d.kept);
  loopback_wait_end(&d.client);
  assert_string_equal(buf_cstring(&d.client.got),
                      "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n"
                      "connection: close\r\n\r\nline\n");
  finish_fixture(&d);
}

static void test_http_begin__sends_head_no_body(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, keep);
  loopback_send(&d.client, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  begin_ndjson(d.kept);
  http_write(d.kept, SPAN_LITERAL("line\n"));
  http_end(d.kept);
  d.how = reply_ok;
  loopback_wait_text(&d.client, "\r\n\r\n");
  assert_int_equal(loopback_count(&d.client, "line"), 0);
  expect(&d, "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
         "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  finish_fixture(&d);
}

static void test_http_end__leaves_the_connection_for_the_next_request(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, keep);
  for (unsigned i = 1; i <= 3; i++) {
    buf_clear(&d.client.got);
    loopback_send(&d.client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
    assert_int_equal(d.requests, i);
    begin_ndjson(d.kept);
    http_end(d.kept);
    loopback_wait_text(&d.client, "\r\n\r\n0\r\n\r\n");
  }
  finish_fixture(&d);
  assert_int_equal(d.gone, 0);
}

static void test_http_abort__breaks_the_answer_without_on_gone(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, keep);
  loopback_send(&d.client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  begin_ndjson(d.kept);
  loopback_wait_text(&d.client, "\r\n\r\n");
  http_abort(d.kept);
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, UV_ECONNRESET);
  assert_int_equal(d.gone, 0);
  finish_fixture(&d);
}

/* -- the request -- */

static void look(struct fixture *d, struct http_exchange *x)
{
  const struct http_request *r = http_exchange_request(x);
  assert_true(span_is(r->method, "PUT") && span_is(r->target, "/a"));
  struct buf body = http_exchange_body(x);
  assert_true(span_is(buf_span(&body), "text"));
  buf_free(&body);
  assert_int_equal(http_exchange_peer(x)->sa_family, AF_INET);
  const struct sockaddr_in *local = (const void *)http_exchange_local(x);
  assert_int_equal(ntohs(local->sin_port), http_server_port(d->server));
  reply_ok(d, x);
}

static void test_http_exchange__tells_the_request_its_body_and_both_ends(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, look);
  expect(&d, "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\ntext",
         "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  finish_fixture(&d);
}

static void take(struct fixture *d, struct http_exchange *x)
{
  d->kept = x; /* and does not ask to be told */
}

static void test_http_exchange__may_be_answered_after_the_client_went(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, take);
  loopback_send(&d.client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  loopback_close(&d.client, true);
  loopback_run_ms(&d.loop, 20);
  begin_ndjson(d.kept);
  assert_int_equal(http_write(d.kept, SPAN_LITERAL("nobody\n")), 0);
  http_end(d.kept);
  http_server_close(d.server, NULL, NULL);
  loopback_loop_close(&d.loop);
}

/* -- an upgrade -- */

static void on_input(void *who, struct span bytes)
{
  struct fixture *d = who;
  d->ends += bytes.len == 0;
  buf_add(&d->input, bytes);
}

static void upgrade(struct fixture *d, struct http_exchange *x)
{
  struct http_header header = {SPAN_LITERAL("upgrade"), SPAN_LITERAL("bytes")};
  keep(d, x);
  http_upgrade(
      x, &(struct http_answer){.status = 101, .headers = &header, .header_count = 1},
      on_input, d);
}

static void test_http_upgrade__carries_bytes_as_they_are_both_ways(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, upgrade);
  d.input = buf_make(KIB);
  expect(
      &d,
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: bytes\r\nConnection: upgrade\r\n\r\nGET /",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: bytes\r\nconnection: "
      "upgrade\r\n\r\n");
  buf_clear(&d.client.got);
  assert_int_equal(http_write(d.kept, SPAN_LITERAL("raw")), 3);
  loopback_wait_text(&d.client, "raw");
  assert_string_equal(buf_cstring(&d.client.got), "raw");
  loopback_send(&d.client, " HTTP/1.1\r\nHost: x\r\n\r\n", 1);
  loopback_half_close(&d.client);
  for (int i = 0; i < 100 && d.ends == 0; i++)
    loopback_run_ms(&d.loop, 10);
  assert_int_equal(d.ends, 1);
  assert_string_equal(buf_cstring(&d.input), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  assert_int_equal(d.requests, 1);
  (void)http_write(d.kept, SPAN_LITERAL("!"));
  http_end(d.kept);
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  assert_string_equal(buf_cstring(&d.client.got), "raw!");
  buf_free(&d.input);
  finish_fixture(&d);
  assert_int_equal(d.gone, 0);
  assert_int_equal(d.ends, 1);
}

static void test_http_upgrade__tells_of_a_reset(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, upgrade);
  d.input = buf_make(KIB);
  expect(&d, "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
         "HTTP/1.1 101 Switching Protocols\r\nupgrade: bytes\r\nconnection: "
         "upgrade\r\n\r\n");
  loopback_close(&d.client, true);
  for (int i = 0; i < 100 && d.gone == 0; i++)
    loopback_run_ms(&d.loop, 10);
  assert_int_equal(d.gone, 1);
  assert_int_equal(d.ends, 0);
  http_server_close(d.server, NULL, NULL);
  loopback_loop_close(&d.loop);
  buf_free(&d.input);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_reply__has_a_length_and_no_more_headers_than_asked_for),
      cmocka_unit_test(test_http_reply__gives_head_the_length_but_not_the_body),
      cmocka_unit_test(test_http_reply__does_not_let_a_value_add_a_header),
      cmocka_unit_test(test_http_reply__frames_an_empty_answer_by_its_status),
      cmocka_unit_test(test_http_reply__closes_for_http_1_0_unless_it_asks_to_stay),
      cmocka_unit_test(test_http_reply__delivers_twenty_megabytes_and_closes),
      cmocka_unit_test(test_http_begin__sends_the_head_at_once_and_then_chunks),
      cmocka_unit_test(
          test_http_begin__streams_to_the_end_of_the_connection_for_http_1_0),
      cmocka_unit_test(test_http_begin__sends_head_no_body),
      cmocka_unit_test(test_http_end__leaves_the_connection_for_the_next_request),
      cmocka_unit_test(test_http_abort__breaks_the_answer_without_on_gone),
      cmocka_unit_test(test_http_exchange__tells_the_request_its_body_and_both_ends),
      cmocka_unit_test(test_http_exchange__may_be_answered_after_the_client_went),
      cmocka_unit_test(test_http_upgrade__carries_bytes_as_they_are_both_ways),
      cmocka_unit_test(test_http_upgrade__tells_of_a_reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
