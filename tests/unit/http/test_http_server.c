/* SPDX-License-Identifier: MIT */
#include "http/http_server.h"

#include "base/limits.h"
#include "loopback.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"
#define CLIENTS     24

/* The owner answers "ok", but /keep stays open: it begins to stream. */
struct fixture {
  uv_loop_t loop;
  struct http_server *server;
  struct loopback_client clients[CLIENTS];
  struct http_exchange *kept;
  unsigned requests, gone, closed;
  in_port_t welcome;
};

static void gone(void *who)
{
  struct fixture *d = who;
  d->gone++;
  d->kept = NULL;
}

static void closed(void *who)
{
  struct fixture *d = who;
  d->closed++;
}

static void on_request(void *who, struct http_exchange *x)
{
  struct fixture *d = who;
  d->requests++;
  if (!span_is(http_exchange_request(x)->target, "/keep")) {
    http_reply(x, &(struct http_answer){.status = 200}, SPAN_LITERAL("ok"));
    return;
  }
  d->kept = x;
  http_begin(x, &(struct http_answer){.status = 200}, SPAN_LITERAL("\n"));
  http_exchange_on_gone(x, gone, d);
}

static unsigned first_ms;

static bool is_spared(void *who, const struct http_request *r)
{
  (void)who;
  return span_is(r->target, "/health");
}

static void setup_fixture(struct fixture *d, size_t connections)
{
  *d = (struct fixture){0};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
  struct http_server_setup setup = {.limits = {KIB, 10, KIB},
                                    .connections = connections,
                                    .first_ms = first_ms,
                                    .is_spared = is_spared,
                                    .on_request = on_request,
                                    .who = d};
  struct fault f = {0};
  d->server = http_server_open(&d->loop, "127.0.0.1", 0, &setup, &f);
  assert_non_null(d->server);
}

static void connect_to(struct fixture *d, unsigned client)
{
  loopback_connect(&d->clients[client], &d->loop, http_server_port(d->server));
}

static void finish_fixture(struct fixture *d)
{
  http_server_close(d->server, closed, d);
  assert_int_equal(d->closed, 0); /* on a later turn */
  loopback_loop_close(&d->loop);
  assert_int_equal(d->closed, 1);
}

static void test_http_server__names_the_address_it_cannot_have(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 4);
  struct http_server_setup setup = {.limits = {KIB, 10, KIB}, .connections = 1};
  struct fault f = {0};
  unsigned port = http_server_port(d.server);
  assert_null(http_server_open(&d.loop, "127.0.0.1", port, &setup, &f));
  assert_int_equal(f.os, UV_EADDRINUSE);
  assert_non_null(strstr(f.text, "127.0.0.1"));
  assert_null(http_server_open(&d.loop, "localhost", 0, &setup, &f));
  assert_int_equal(f.os, UV_EINVAL);
  finish_fixture(&d);
}

static void test_http_server__listens_on_ipv6(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 4);
  struct http_server_setup setup = {.limits = {KIB, 10, KIB}, .connections = 1};
  struct fault f = {0};
  struct http_server *six = http_server_open(&d.loop, "::1", 0, &setup, &f);
  if (six == NULL && (f.os == UV_EADDRNOTAVAIL || f.os == UV_EAFNOSUPPORT)) {
    finish_fixture(&d);
    skip(); /* this machine has no IPv6 */
  }
  assert_non_null(six);
  assert_true(http_server_port(six) > 0);
  http_server_close(six, NULL, NULL);
  finish_fixture(&d);
}

static void test_http_server__answers_a_hundred_requests_on_each_connection(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, CLIENTS);
  for (unsigned i = 0; i < CLIENTS; i++)
    connect_to(&d, i);
  for (unsigned n = 1; n <= 100; n++)
    for (unsigned i = 0; i < CLIENTS; i++)
      loopback_send(&d.clients[i], GET("/"), 0);
  for (unsigned i = 0; i < CLIENTS; i++) {
    while (loopback_count(&d.clients[i], "\r\n\r\nok") < 100)
      uv_run(&d.loop, UV_RUN_ONCE);
    loopback_close(&d.clients[i], false);
  }
  assert_int_equal(d.requests, 100 * CLIENTS);
  finish_fixture(&d);
}

static void test_http_server__tells_503_to_one_too_many(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 2);
  for (unsigned i = 0; i < 2; i++) {
    connect_to(&d, i);
    loopback_send(&d.clients[i], GET("/keep"), 0);
    loopback_wait_text(&d.clients[i], "HTTP/1.1 200 ");
  }
  connect_to(&d, 2);
  loopback_send(&d.clients[2], GET("/"), 0);
  loopback_wait_text(&d.clients[2], "HTTP/1.1 503 Service Unavailable\r\n");
  loopback_close(&d.clients[2], false);
  loopback_close(&d.clients[1], true);
  loopback_run_ms(&d.loop, 20);
  connect_to(&d, 3); /* and there is room again */
  loopback_send(&d.clients[3], GET("/"), 0);
  loopback_wait_text(&d.clients[3], "ok");
  loopback_close(&d.clients[3], false);
  loopback_close(&d.clients[0], false);
  finish_fixture(&d);
}

static bool only_from_port(void *who, const struct sockaddr *peer,
                           const struct sockaddr *local)
{
  struct fixture *d = who;
  const struct sockaddr_in *from = (const struct sockaddr_in *)peer;
  assert_int_equal(ntohs(((const struct sockaddr_in *)local)->sin_port),
                   http_server_port(d->server));
  return from->sin_port == d->welcome;
}

/* A plain socket: a client on the loop may hear of the reset before it is connected. */
static int plain_socket(struct sockaddr_in *own)
{
  socklen_t size = sizeof *own;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  uv_ip4_addr("127.0.0.1", 0, own);
  assert_int_equal(bind(fd, (struct sockaddr *)own, size), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)own, &size), 0);
  return fd;
}

static void plain_connect(struct fixture *d, int fd)
{
  struct sockaddr_in to;
  uv_ip4_addr("127.0.0.1", (int)http_server_port(d->server), &to);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  (void)!send(fd, GET("/"), sizeof GET("/") - 1, MSG_NOSIGNAL);
  loopback_run_ms(&d->loop, 50);
}

static void test_http_server__resets_who_is_not_let_in(void **state)
{
  (void)state;
  struct fixture d = {0};
  struct sockaddr_in own;
  char answer[100];
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d.loop);
  struct http_server_setup setup = {.limits = {KIB, 10, KIB},
                                    .connections = 4,
                                    .on_accept = only_from_port,
                                    .on_request = on_request,
                                    .who = &d};
  struct fault f = {0};
  d.server = http_server_open(&d.loop, "127.0.0.1", 0, &setup, &f);
  int fd = plain_socket(&own);
  plain_connect(&d, fd);
  assert_int_equal(read(fd, answer, sizeof answer), -1);
  assert_int_equal(errno, ECONNRESET);
  close(fd);
  assert_int_equal(d.requests, 0);
  fd = plain_socket(&own);
  d.welcome = own.sin_port;
  plain_connect(&d, fd);
  assert_true(read(fd, answer, sizeof answer) > 0);
  assert_int_equal(d.requests, 1);
  close(fd);
  finish_fixture(&d);
}

static void test_http_server__drops_the_longest_silent_when_it_is_full(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 3);
  for (unsigned i = 0; i < 3; i++) {
    connect_to(&d, i);
    loopback_run_ms(&d.loop, 5);
  }
  loopback_send(&d.clients[0], GET("/"), 0); /* it speaks, and is idle then */
  loopback_wait_text(&d.clients[0], "ok");
  loopback_run_ms(&d.loop, 5);
  loopback_send(&d.clients[1], "GET /k", 0); /* that is no request yet */
  loopback_run_ms(&d.loop, 5);
  connect_to(&d, 3);
  loopback_send(&d.clients[3], GET("/keep"), 0);
  loopback_wait_text(&d.clients[3], "HTTP/1.1 200 ");
  loopback_wait_end(&d.clients[2]);
  connect_to(&d, 4);
  loopback_send(&d.clients[4], GET("/keep"), 0);
  loopback_wait_text(&d.clients[4], "HTTP/1.1 200 ");
  loopback_wait_end(&d.clients[0]);
  connect_to(&d, 5);
  loopback_send(&d.clients[5], GET("/"), 0);
  loopback_wait_text(&d.clients[5], "ok");
  loopback_wait_end(&d.clients[1]);
  for (unsigned i = 0; i < 6; i++)
    loopback_close(&d.clients[i], true);
  finish_fixture(&d);
}

static void test_http_server__closes_who_says_nothing(void **state)
{
  (void)state;
  struct fixture d;
  first_ms = 200;
  setup_fixture(&d, 2);
  first_ms = 0;
  connect_to(&d, 0);
  connect_to(&d, 1);
  loopback_send(&d.clients[1], GET("/"), 0);
  loopback_wait_end(&d.clients[0]);
  loopback_send(&d.clients[1], GET("/"), 0); /* one that spoke is only idle */
  loopback_run_ms(&d.loop, 20);
  assert_int_equal(d.requests, 2);
  loopback_close(&d.clients[0], false);
  loopback_close(&d.clients[1], false);
  finish_fixture(&d);
}

/* Three times the room for them, all at once and in one turn of the loop; and then one
 * with a question that is always answered. */
static void test_http_server__spares_a_few_requests_in_a_flood(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 1);
  connect_to(&d, 0);
  loopback_send(&d.clients[0], GET("/keep"), 0);
  loopback_wait_text(&d.clients[0], "HTTP/1.1 200 ");
  unsigned last = CLIENTS - 1;
  for (unsigned i = 1; i < CLIENTS; i++) {
    connect_to(&d, i);
    if (i == last / 2 || i == last)
      loopback_send(&d.clients[i], GET("/health"), 0);
  }
  loopback_wait_text(&d.clients[last], "ok");
  assert_int_equal(loopback_count(&d.clients[last], "connection: close"), 1);
  loopback_wait_text(&d.clients[last / 2], "ok");
  for (unsigned i = 1; i < CLIENTS; i++) {
    loopback_wait_end(&d.clients[i]); /* the last silent ones after LIMIT_REFUSED_MS */
    assert_int_equal(loopback_count(&d.clients[i], "HTTP/1.1 503 "), 0);
  }
  assert_int_equal(d.requests, 3);
  for (unsigned i = 0; i < CLIENTS; i++)
    loopback_close(&d.clients[i], false);
  finish_fixture(&d);
}

static void test_http_server__stops_accepting_and_lets_run_what_runs(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 4);
  connect_to(&d, 0);
  connect_to(&d, 1);
  loopback_send(&d.clients[0], GET("/keep"), 0);
  http_server_stop(d.server);
  http_server_stop(d.server); /* twice is once */
  loopback_wait_end(&d.clients[1]);
  assert_int_equal(d.clients[1].error, 0);
  http_write(d.kept, SPAN_LITERAL("still here\n"));
  loopback_wait_text(&d.clients[0], "still here");
  http_end(d.kept);
  loopback_wait_end(&d.clients[0]); /* no more requests on it */
  assert_int_equal(d.clients[0].error, 0);
  assert_int_equal(loopback_count(&d.clients[0], "\r\n0\r\n\r\n"), 1);
  loopback_close(&d.clients[0], false);
  loopback_close(&d.clients[1], false);
  finish_fixture(&d);
}

static void
test_http_server__close_cuts_what_is_under_way_and_tells_its_owner(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 4);
  connect_to(&d, 0);
  connect_to(&d, 1);
  loopback_send(&d.clients[0], GET("/keep"), 0);
  loopback_wait_text(&d.clients[0], "\r\n\r\n");
  http_server_close(d.server, closed, &d);
  assert_int_equal(d.gone, 1);
  loopback_wait_end(&d.clients[0]);
  loopback_wait_end(&d.clients[1]);
  assert_int_equal(d.clients[0].error, UV_ECONNRESET); /* broken, and it can tell */
  assert_int_equal(d.clients[1].error, 0);
  assert_int_equal(d.closed, 1);
  loopback_close(&d.clients[0], false);
  loopback_close(&d.clients[1], false);
  loopback_loop_close(&d.loop);
}

static void close_inside(void *who, struct http_exchange *x)
{
  struct fixture *d = who;
  http_reply(x, &(struct http_answer){.status = 200}, SPAN_LITERAL("lost"));
  http_server_close(d->server, closed, d);
}

static void test_http_server__may_be_closed_from_inside_a_request(void **state)
{
  (void)state;
  struct fixture d = {0};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d.loop);
  struct http_server_setup setup = {
      .limits = {KIB, 10, KIB}, .connections = 4, .on_request = close_inside, .who = &d};
  struct fault f = {0};
  d.server = http_server_open(&d.loop, "127.0.0.1", 0, &setup, &f);
  connect_to(&d, 0);
  loopback_send(&d.clients[0], GET("/") GET("/"), 0);
  loopback_wait_end(&d.clients[0]);
  loopback_close(&d.clients[0], false);
  loopback_loop_close(&d.loop);
  assert_int_equal(d.closed, 1);
}

static bool awaits_both(void *who)
{
  struct fixture *d = who;
  return http_server_awaited(d->server) == 500 + KIB;
}

static void
test_http_server__knows_how_long_the_bodies_will_be_that_it_reads(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, 4);
  connect_to(&d, 0);
  connect_to(&d, 1);
  assert_int_equal(http_server_awaited(d.server), 0);
  loopback_send(&d.clients[0],
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n", 0);
  loopback_send(&d.clients[1],
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 0);
  loopback_wait(&d.loop, awaits_both, &d);
  loopback_send(&d.clients[1], "0\r\n\r\n", 0);
  loopback_wait_text(&d.clients[1], "ok");
  assert_int_equal(http_server_awaited(d.server), 500);
  loopback_close(&d.clients[0], true);
  loopback_close(&d.clients[1], false);
  loopback_run_ms(&d.loop, 20);
  assert_int_equal(http_server_awaited(d.server), 0);
  finish_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_server__knows_how_long_the_bodies_will_be_that_it_reads),
      cmocka_unit_test(test_http_server__names_the_address_it_cannot_have),
      cmocka_unit_test(test_http_server__listens_on_ipv6),
      cmocka_unit_test(test_http_server__answers_a_hundred_requests_on_each_connection),
      cmocka_unit_test(test_http_server__tells_503_to_one_too_many),
      cmocka_unit_test(test_http_server__resets_who_is_not_let_in),
      cmocka_unit_test(test_http_server__drops_the_longest_silent_when_it_is_full),
      cmocka_unit_test(test_http_server__closes_who_says_nothing),
      cmocka_unit_test(test_http_server__spares_a_few_requests_in_a_flood),
      cmocka_unit_test(test_http_server__stops_accepting_and_lets_run_what_runs),
      cmocka_unit_test(
          test_http_server__close_cuts_what_is_under_way_and_tells_its_owner),
      cmocka_unit_test(test_http_server__may_be_closed_from_inside_a_request),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
