/* SPDX-License-Identifier: MIT */
#include "http/http_connection.h"

#include "base/clock.h"
#include "base/limits.h"
#include "connection_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* -- reading -- */

static void test_http_connection__takes_requests_cut_at_any_byte(void **state)
{
  (void)state;
  const char *text = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                     "PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "2\r\nwo\r\n3\r\nrld\r\n0\r\n\r\n" GET("/c");
  for (size_t step = 0; step < 40; step = step == 0 ? 1 : step * 3) {
    struct connection_fixture d;
    connection_fixture_setup(&d);
    loopback_send(&d.client, text, step);
    loopback_wait_text(&d.client, "GET /c |");
    assert_int_equal(loopback_count(&d.client, "\r\n\r\nPOST /a hello|"), 1);
    assert_int_equal(loopback_count(&d.client, "\r\n\r\nPUT /b world|"), 1);
    assert_int_equal(d.requests, 3);
    assert_int_equal(d.heads, 3);
    connection_fixture_finish(&d);
  }
}

static void test_http_connection__answers_pipelined_requests_in_order(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client, GET("/1") GET("/keep") GET("/3") GET("/keep") GET("/5"), 0);
  loopback_wait_text(&d.client, "GET /1 |");
  assert_int_equal(d.requests, 2); /* the third waits for the second's answer */
  http_reply(d.kept, &(struct http_answer){.status = 200}, SPAN_LITERAL("second|"));
  loopback_wait_text(&d.client, "GET /3 |");
  assert_int_equal(d.requests, 4);
  http_reply(d.kept, &(struct http_answer){.status = 200}, SPAN_LITERAL("fourth|"));
  loopback_wait_text(&d.client, "GET /5 |");
  const char *at = d.client.got.at;
  static const char *const order[] = {"GET /1 |", "second|", "GET /3 |", "fourth|",
                                      "GET /5 |"};
  for (size_t i = 0; i < 5; i++) {
    at = strstr(at, order[i]);
    assert_non_null(at);
  }
  connection_fixture_finish(&d);
}

static bool has_thousand(void *who)
{
  return loopback_count(who, "GET /x |") == 1000;
}

static void test_http_connection__keeps_little_of_what_is_sent_ahead(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client, GET("/keep"), 0);
  struct buf many = buf_make(MIB);
  for (int i = 0; i < 1000; i++) /* 131 bytes each: twice what is kept */
    buf_addf(&many, "GET /x HTTP/1.1\r\nHost: x\r\nFill: %090d\r\n\r\n", i);
  loopback_send(&d.client, buf_cstring(&many), 0);
  loopback_run_ms(&d.loop, 20);
  assert_int_equal(d.requests, 1);
  http_reply(d.kept, &(struct http_answer){.status = 200}, SPAN_LITERAL("first|"));
  loopback_wait(&d.loop, has_thousand, &d.client);
  assert_int_equal(d.requests, 1001);
  buf_free(&many);
  connection_fixture_finish(&d);
}

static void test_http_connection__asks_for_the_body_that_waits_to_be_asked(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client,
                "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                "Content-Length: 2\r\n\r\n",
                0);
  loopback_wait_text(&d.client, "HTTP/1.1 100 Continue\r\n\r\n");
  loopback_send(&d.client, "hi", 1);
  loopback_wait_text(&d.client, "POST /a hi|");
  assert_int_equal(loopback_count(&d.client, "100 Continue"), 1);
  buf_clear(&d.client.got); /* nobody is asked who sends it anyway */
  loopback_send(&d.client,
                "POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                "Content-Length: 2\r\n\r\nho",
                0);
  loopback_wait_text(&d.client, "POST /b ho|");
  assert_int_equal(loopback_count(&d.client, "100 Continue"), 0);
  connection_fixture_finish(&d);
}

static void test_http_connection__ignores_upgrade(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client,
                "GET /u HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: "
                "websocket\r\n\r\n" GET("/v"),
                0);
  loopback_wait_text(&d.client, "GET /v |");
  assert_int_equal(loopback_count(&d.client, "GET /u |"), 1);
  connection_fixture_finish(&d);
}

/* -- refusing -- */

static void test_http_connection__refuses_and_closes_politely(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"FROB / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 400 "},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", "HTTP/1.1 413 "},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 "},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    for (size_t step = 0; step < 2; step++) {
      struct connection_fixture d;
      connection_fixture_setup(&d);
      connection_fixture_expect(&d, rows[i][0], step, rows[i][1]);
      assert_int_equal(d.requests, 0);
      connection_fixture_finish(&d);
    }
  }
}

static void test_http_connection__refuses_headers_without_end(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  char text[2 * KIB];
  snprintf(text, sizeof text, "GET / HTTP/1.1\r\nA: %01900d", 0);
  connection_fixture_expect(&d, text, 0, "HTTP/1.1 431 ");
  connection_fixture_finish(&d);
}

static void test_http_connection__lets_the_client_read_an_early_answer(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_open(&d);
  d.setup.limits.body_bytes = 32 * MIB;
  connection_fixture_start(&d);
  size_t len = 8 * MIB;
  char *body = malloc(len + 1);
  memset(body, 'b', len);
  body[len] = 0;
  loopback_send(&d.client,
                "POST /secret HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\n\r\n", 0);
  loopback_send(&d.client, body, 64 * KIB); /* a client that sends all before it reads */
  free(body);
  loopback_wait_text(&d.client, "HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n");
  loopback_half_close(&d.client);
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  assert_int_equal(d.requests, 0);
  connection_fixture_finish(&d);
}

static void test_http_connection__takes_nothing_after_an_early_answer(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  connection_fixture_expect(&d, GET("/secret") GET("/1"), 0, "HTTP/1.1 401 ");
  assert_int_equal(d.requests, 0);
  connection_fixture_finish(&d);
}

static void test_http_connection__takes_nothing_after_connection_close(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  connection_fixture_expect(
      &d, "GET /1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" GET("/2"), 0,
      "GET /1 |");
  assert_int_equal(loopback_count(&d.client, "connection: close\r\n"), 1);
  assert_int_equal(d.requests, 1);
  connection_fixture_finish(&d);
}

/* -- the client's end -- */

static void test_http_connection__answers_a_half_closed_client(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client, GET("/keep") GET("/2"), 0);
  loopback_half_close(&d.client);
  loopback_run_ms(&d.loop, 120);
  assert_int_equal(d.gone, 0);
  http_reply(d.kept, &(struct http_answer){.status = 200}, SPAN_LITERAL("one|"));
  loopback_wait_end(&d.client);
  assert_int_equal(loopback_count(&d.client, "one|"), 1);
  assert_int_equal(loopback_count(&d.client, "GET /2 |"), 1);
  connection_fixture_finish(&d);
}

static void
test_http_connection__drops_a_request_that_the_client_did_not_finish(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
                0);
  loopback_half_close(&d.client);
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.got.len, 0);
  assert_int_equal(d.requests, 0);
  connection_fixture_finish(&d);
}

static bool is_gone(void *who)
{
  struct connection_fixture *d = who;
  return d->gone > 0;
}

static void test_http_connection__tells_once_that_a_client_reset_it(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client, GET("/keep"), 0);
  loopback_close(&d.client, true);
  loopback_wait(&d.loop, is_gone, &d);
  loopback_run_ms(&d.loop, 20);
  assert_int_equal(d.gone, 1);
  http_server_close(d.server, NULL, NULL);
  loopback_loop_close(&d.loop);
}

static void
test_http_connection__sees_the_end_behind_bytes_that_are_not_read(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client, GET("/keep"), 0);
  struct buf much = buf_make(MIB);
  for (int i = 0; i < 700; i++) /* more than is kept, less than the kernel takes */
    buf_addf(&much, "GET /x HTTP/1.1\r\nHost: x\r\nFill: %090d\r\n\r\n", i);
  loopback_send(&d.client, buf_cstring(&much), 0);
  loopback_run_ms(&d.loop, 20);
  assert_non_null(d.kept);
  http_begin(d.kept, &(struct http_answer){.status = 200}, SPAN_LITERAL("\n"));
  loopback_run_ms(&d.loop, 20);
  unsigned long long begun = clock_ticks_ms();
  loopback_close(&d.client, false);
  loopback_wait(&d.loop, is_gone, &d);
  assert_true(clock_ticks_ms() - begun < 1000);
  buf_free(&much);
  http_server_close(d.server, NULL, NULL);
  loopback_loop_close(&d.loop);
}

/* A client that is gone sends an end like one that half-closed: only the probe finds it
 * out. */
static void
test_http_connection__probes_a_silent_stream_when_the_client_ends(void **state)
{
  (void)state;
  for (int closed_before = 0; closed_before < 2; closed_before++) {
    struct connection_fixture d;
    connection_fixture_setup(&d);
    loopback_send(&d.client, GET("/keep"), 0);
    if (closed_before)
      loopback_close(&d.client, false);
    http_begin(d.kept, &(struct http_answer){.status = 200}, SPAN_LITERAL("\n"));
    if (!closed_before) {
      loopback_wait_text(&d.client, "\r\n\r\n");
      loopback_close(&d.client, false);
    }
    unsigned long long start = uv_hrtime();
    loopback_wait(&d.loop, is_gone, &d);
    assert_true((uv_hrtime() - start) / 1000000 < 500);
    http_server_close(d.server, NULL, NULL);
    loopback_loop_close(&d.loop);
    assert_int_equal(d.gone, 1);
  }
}

static void test_http_connection__goes_on_streaming_to_a_half_closed_client(void **state)
{
  (void)state;
  struct connection_fixture d;
  connection_fixture_setup(&d);
  loopback_send(&d.client, GET("/keep"), 0);
  http_begin(d.kept, &(struct http_answer){.status = 200}, SPAN_LITERAL("\n"));
  loopback_wait_text(&d.client, "\r\n\r\n");
  loopback_half_close(&d.client);
  loopback_wait_text(&d.client, "1\r\n\n\r\n"); /* the probe */
  loopback_run_ms(&d.loop, 200);
  assert_int_equal(d.gone, 0);
  http_write(d.kept, SPAN_LITERAL("last line\n"));
  http_end(d.kept);
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  assert_int_equal(loopback_count(&d.client, "last line\n\r\n0\r\n\r\n"), 1);
  connection_fixture_finish(&d);
}

static void say_too_long(void *who, struct http_exchange *x)
{
  struct connection_fixture *d = who;
  d->gone++; /* counts these calls here */
  http_reply(x, &(struct http_answer){.status = 502}, http_exchange_request(x)->target);
}

static void
test_http_connection__its_owner_may_word_the_refusal_of_a_long_body(void **state)
{
  (void)state;
  static const char *const requests[] = {
      "POST /by-length HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n",
      "POST /by-chunk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "10001\r\n"};
  for (size_t i = 0; i < 2; i++) {
    struct connection_fixture d;
    connection_fixture_open(&d);
    d.setup.on_too_long = say_too_long;
    connection_fixture_start(&d);
    connection_fixture_expect(&d, requests[i], 0, "HTTP/1.1 502 ");
    assert_int_equal(loopback_count(&d.client, i == 0 ? "/by-length" : "/by-chunk"), 1);
    assert_int_equal(d.gone, 1);
    assert_int_equal(d.requests, 0);
    assert_int_equal(d.heads, i); /* a length is refused before on_head is asked */
    connection_fixture_finish(&d);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_http_connection__its_owner_may_word_the_refusal_of_a_long_body),
      cmocka_unit_test(test_http_connection__takes_requests_cut_at_any_byte),
      cmocka_unit_test(test_http_connection__answers_pipelined_requests_in_order),
      cmocka_unit_test(test_http_connection__keeps_little_of_what_is_sent_ahead),
      cmocka_unit_test(test_http_connection__sees_the_end_behind_bytes_that_are_not_read),
      cmocka_unit_test(test_http_connection__asks_for_the_body_that_waits_to_be_asked),
      cmocka_unit_test(test_http_connection__ignores_upgrade),
      cmocka_unit_test(test_http_connection__refuses_and_closes_politely),
      cmocka_unit_test(test_http_connection__refuses_headers_without_end),
      cmocka_unit_test(test_http_connection__lets_the_client_read_an_early_answer),
      cmocka_unit_test(test_http_connection__takes_nothing_after_an_early_answer),
      cmocka_unit_test(test_http_connection__takes_nothing_after_connection_close),
      cmocka_unit_test(test_http_connection__answers_a_half_closed_client),
      cmocka_unit_test(
          test_http_connection__drops_a_request_that_the_client_did_not_finish),
      cmocka_unit_test(test_http_connection__tells_once_that_a_client_reset_it),
      cmocka_unit_test(test_http_connection__probes_a_silent_stream_when_the_client_ends),
      cmocka_unit_test(test_http_connection__goes_on_streaming_to_a_half_closed_client),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
