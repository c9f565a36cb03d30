/* SPDX-License-Identifier: MIT */
#include "http/http_output.h"

#include "base/limits.h"
#include "http/http_connection.h"
#include "http/http_server.h"
#include "loopback.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The owner keeps the one exchange, streams to it and counts what it is told. */
struct fixture {
  uv_loop_t loop;
  struct http_server *server;
  struct loopback_client client;
  struct http_exchange *kept;
  unsigned gone, asked;
  size_t requests;
  struct span piece; /* written when there is room, `pieces` times */
  unsigned pieces;
};

static void gone(void *who)
{
  struct fixture *d = who;
  d->gone++;
  d->kept = NULL;
}

static void capacity(void *who)
{
  struct fixture *d = who;
  d->asked++;
  if (d->pieces > 0) {
    d->pieces--;
    (void)http_write(d->kept, d->piece);
    http_wake(d->kept);
  } else if (d->piece.len > 0) {
    http_end(d->kept);
  }
}

static void on_request(void *who, struct http_exchange *x)
{
  struct fixture *d = who;
  d->requests++;
  if (span_starts(http_exchange_request(x)->target, "/big")) {
    char *big = calloc(1, 600 * KIB);
    http_reply(x, &(struct http_answer){.status = 200},
               (struct span){big, 600 * (size_t)KIB});
    free(big);
    return;
  }
  d->kept = x;
  http_exchange_on_gone(x, gone, d);
  http_exchange_on_writable(x, capacity, d);
  http_begin(x, &(struct http_answer){.status = 200}, SPAN_LITERAL("\n"));
}

static void setup_fixture(struct fixture *d, unsigned write_stall_ms)
{
  *d = (struct fixture){0};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
  struct http_server_setup setup = {.limits = {KIB, 10, KIB},
                                    .connections = 4,
                                    .write_stall_ms = write_stall_ms,
                                    .on_request = on_request,
                                    .who = d};
  struct fault f = {0};
  d->server = http_server_open(&d->loop, "127.0.0.1", 0, &setup, &f);
  assert_non_null(d->server);
  loopback_connect(&d->client, &d->loop, http_server_port(d->server));
}

static void begin_stream(struct fixture *d)
{
  loopback_send(&d->client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  loopback_wait_text(&d->client, "\r\n\r\n");
  buf_clear(&d->client.got);
}

static void finish_fixture(struct fixture *d)
{
  loopback_close(&d->client, false);
  http_server_close(d->server, NULL, NULL);
  loopback_loop_close(&d->loop);
}

static bool is_gone(void *who)
{
  struct fixture *d = who;
  return d->gone > 0;
}

static void test_http_output__sends_the_writes_of_one_turn_together(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 1000);
  begin_stream(&d);
  size_t backlog = 0;
  for (int i = 0; i < 100; i++)
    backlog = http_write(d.kept, SPAN_LITERAL("0123456789"));
  assert_int_equal(backlog, 1500); /* nothing left yet */
  assert_int_equal(http_server_unflushed(d.server), 1);
  while (d.client.got.len == 0)
    uv_run(&d.loop, UV_RUN_ONCE);
  assert_int_equal(d.client.got.len, 1500); /* and then all in one read */
  assert_int_equal(http_server_unflushed(d.server), 0);
  finish_fixture(&d);
}

static void test_http_output__asks_for_more_when_a_slow_reader_took_all(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 10000);
  begin_stream(&d);
  loopback_pause(&d.client);
  char *piece = malloc(100 * KIB);
  memset(piece, 'p', 100 * KIB);
  d.piece = (struct span){piece, 100 * KIB};
  d.pieces = 500;
  http_wake(d.kept);
  assert_int_equal(d.asked, 0); /* never from inside */
  loopback_run_ms(&d.loop, 50);
  unsigned asked = d.asked;
  assert_true(asked > 0 && asked < 200); /* what the kernel holds, and one more */
  loopback_run_ms(&d.loop, 50);
  assert_int_equal(d.asked, asked); /* nobody read */
  loopback_resume(&d.client);
  loopback_wait_text(&d.client, "\r\n0\r\n\r\n");
  assert_int_equal(d.client.got.len, 500 * (5 + 2 + 100 * KIB + 2) + 5);
  assert_int_equal(d.asked, 501);
  free(piece);
  finish_fixture(&d);
}

static void test_http_output__asks_once_however_often_it_was_woken(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 10000);
  begin_stream(&d);
  for (int i = 0; i < 5; i++)
    http_wake(d.kept);
  loopback_run_ms(&d.loop, 20);
  assert_int_equal(d.asked, 1);
  http_wake(d.kept);
  loopback_run_ms(&d.loop, 20);
  assert_int_equal(d.asked, 2);
  finish_fixture(&d);
}

static void test_http_output__gives_up_a_client_that_takes_nothing(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 200);
  begin_stream(&d);
  loopback_pause(&d.client);
  char *piece = calloc(1, MIB);
  for (int i = 0; i < 20; i++)
    (void)http_write(d.kept, (struct span){piece, MIB});
  free(piece);
  unsigned long long start = uv_hrtime();
  loopback_wait(&d.loop, is_gone, &d);
  unsigned long long ms = (uv_hrtime() - start) / 1000000;
  assert_true(ms >= 180 && ms < 1000);
  assert_int_equal(d.gone, 1);
  finish_fixture(&d);
}

static void test_http_output__has_patience_with_a_slow_client(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 200);
  begin_stream(&d);
  loopback_pause(&d.client);
  char *piece = calloc(1, MIB);
  for (int i = 0; i < 20; i++)
    (void)http_write(d.kept, (struct span){piece, MIB});
  free(piece);
  for (int i = 0; i < 8; i++) { /* 800 ms in all */
    loopback_run_ms(&d.loop, 90);
    loopback_resume(&d.client);
    size_t had = d.client.got.len;
    while (d.client.got.len < had + MIB)
      uv_run(&d.loop, UV_RUN_ONCE);
    loopback_pause(&d.client);
  }
  assert_int_equal(d.gone, 0);
  finish_fixture(&d);
}

static void test_http_output__finds_a_client_that_is_gone_by_writing(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 10000);
  begin_stream(&d);
  loopback_close(&d.client, false);
  for (int i = 0; i < 1000 && !d.gone; i++) {
    (void)http_write(d.kept, SPAN_LITERAL("anybody?\n"));
    uv_run(&d.loop, UV_RUN_NOWAIT);
  }
  assert_int_equal(d.gone, 1);
  http_server_close(d.server, NULL, NULL);
  loopback_loop_close(&d.loop);
}

static void test_http_output__does_not_pile_up_answers_to_pipelined_requests(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 10000);
  loopback_pause(&d.client);
  for (int i = 0; i < 50; i++)
    loopback_send(&d.client, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  loopback_run_ms(&d.loop, 50);
  assert_true(d.requests < 25); /* the rest wait until the client has read */
  loopback_resume(&d.client);
  while (d.client.got.len < 50 * 600 * (size_t)KIB)
    uv_run(&d.loop, UV_RUN_ONCE);
  assert_int_equal(d.requests, 50);
  finish_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_output__sends_the_writes_of_one_turn_together),
      cmocka_unit_test(test_http_output__asks_for_more_when_a_slow_reader_took_all),
      cmocka_unit_test(test_http_output__asks_once_however_often_it_was_woken),
      cmocka_unit_test(test_http_output__gives_up_a_client_that_takes_nothing),
      cmocka_unit_test(test_http_output__has_patience_with_a_slow_client),
      cmocka_unit_test(test_http_output__finds_a_client_that_is_gone_by_writing),
      cmocka_unit_test(test_http_output__does_not_pile_up_answers_to_pipelined_requests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
