/* SPDX-License-Identifier: MIT */
#include "http/http_client.h"

#include "base/limits.h"
#include "base/mem.h"
#include "loopback.h"
#include "origin.h"
#include "scratch.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ANSWERS 64

struct got { /* one on_done */
  struct fixture *fixture;
  struct http_client_request *request;
  unsigned count; /* must end as 1 */
  int status;
  struct buf body;
  char type[64];
  unsigned retry_after_ms;
  bool maybe_sent;
  struct fault fault;
};

struct fixture {
  uv_loop_t loop;
  struct origin origin;
  struct http_client *client;
  struct got got[ANSWERS];
  unsigned done, wanted, closed;
  bool inside; /* of a call to the client: no on_done may come */
};

static void on_done(void *who, struct http_client_answer *answer)
{
  struct got *g = who;
  assert_false(g->fixture->inside);
  g->count++;
  g->fixture->done++;
  g->request = NULL;
  g->status = answer->status;
  g->body = buf_take(answer->body);
  snprintf(g->type, sizeof g->type, "%.*s", (int)answer->content_type.len,
           answer->content_type.len > 0 ? answer->content_type.at : "");
  g->retry_after_ms = answer->retry_after_ms;
  g->maybe_sent = answer->maybe_sent;
  if (answer->fault)
    g->fault = *answer->fault;
}

static void on_closed(void *who)
{
  struct fixture *d = who;
  d->closed++;
}

typedef void origin_way(struct origin_connection *c);

static void setup_fixture(struct fixture *d, origin_way *how)
{
  memset(d, 0, sizeof *d);
  signal(SIGPIPE, SIG_IGN);
  unsetenv("SSL_CERT_FILE");
  uv_loop_init(&d->loop);
  origin_open(&d->origin, &d->loop, how, d);
  struct fault f = {0};
  d->client = http_client_open(&(struct http_client_setup){.loop = &d->loop}, &f);
  assert_non_null(d->client);
}

static void finish_fixture(struct fixture *d)
{
  for (unsigned i = 0; i < ANSWERS; i++) {
    assert_int_equal(d->got[i].count, d->got[i].fixture != NULL);
    buf_free(&d->got[i].body);
  }
  http_client_close(d->client, on_closed, d);
  assert_int_equal(d->closed, 0);
  origin_close(&d->origin);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->closed, 1);
}

/* For cmocka: the test's state is the way the origin answers, then the fixture. */
static int fixture_setup(void **state)
{
  origin_way *how = (origin_way *)*state;
  struct fixture *d = mem_new(sizeof *d);
  setup_fixture(d, how);
  *state = d;
  return 0;
}

static int fixture_teardown(void **state)
{
  finish_fixture(*state);
  free(*state);
  return 0;
}

#define WITH(how, test)                                                                  \
  cmocka_unit_test_prestate_setup_teardown(test, fixture_setup, fixture_teardown,        \
                                           (void *)(how))

/* A POST of `body` to /tool, limits 2 s and 1 MiB; `port` 0: to the origin. */
static struct got *start(struct fixture *d, unsigned n, const char *body, unsigned port)
{
  static const char *const headers[] = {"Authorization: Bearer t",
                                        "Content-Type: application/json", NULL};
  char url[64];
  struct got *g = &d->got[n];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/tool", port > 0 ? port : d->origin.port);
  struct http_call call = {.method = "POST",
                           .url = url,
                           .headers = headers,
                           .body = span_of(body),
                           .connect_ms = 1000,
                           .total_ms = 2000,
                           .answer_ceiling = MIB};
  struct fault f = {0};
  g->fixture = d;
  d->inside = true;
  g->request = http_client_start(d->client, &call, on_done, g, &f);
  d->inside = false;
  assert_non_null(g->request);
  memset(url, 0, sizeof url); /* it was copied */
  return g;
}

static void cancel(struct fixture *d, struct got *g)
{
  d->inside = true;
  http_client_cancel(g->request);
  d->inside = false;
}

static bool is_enough(void *who)
{
  struct fixture *d = who;
  return d->done >= d->wanted;
}

static void wait_done(struct fixture *d, unsigned count)
{
  d->wanted = count;
  loopback_wait(&d->loop, is_enough, d);
}

/* start(), and all of them up to this one are done. */
static struct got *ask(struct fixture *d, unsigned n, const char *body)
{
  struct got *g = start(d, n, body, 0);
  wait_done(d, n + 1);
  return g;
}

static bool was_asked(void *who)
{
  struct fixture *d = who;
  return d->origin.requests > 0;
}

static void expect_fault(const struct got *g, enum fault_kind kind, bool maybe_sent,
                         const char *text)
{
  assert_int_equal(g->fault.kind, kind);
  assert_int_equal(g->maybe_sent, maybe_sent);
  if (!strstr(g->fault.text, text))
    fail_msg("\"%s\" does not say \"%s\"", g->fault.text, text);
  assert_int_equal(g->status, 0);
}

/* -- answers -- */

static void answer_ok(struct origin_connection *c)
{
  origin_say(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                "8\r\n\r\n{\"r\":42}");
}

static void test_http_client__sends_what_it_was_given_and_no_more(void **state)
{
  struct fixture *d = *state;
  struct got *g = ask(d, 0, "{\"name\":\"x\"}");
  assert_int_equal(g->status, 200);
  assert_int_equal(g->fault.kind, FAULT_NONE);
  assert_string_equal(buf_cstring(&g->body), "{\"r\":42}");
  assert_string_equal(g->type, "application/json");
  char expected[300];
  snprintf(expected, sizeof expected,
           "POST /tool HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: */*\r\n"
           "Authorization: Bearer t\r\nContent-Type: application/json\r\n"
           "Content-Length: 12\r\n\r\n{\"name\":\"x\"}",
           d->origin.port);
  assert_string_equal(buf_cstring(&d->origin.raw), expected);
}

static void test_http_client__keeps_the_connection(void **state)
{
  struct fixture *d = *state;
  for (unsigned i = 0; i < 5; i++) {
    ask(d, i, "{}");
    assert_int_equal(d->got[i].status, 200);
  }
  assert_int_equal(d->origin.connections, 1);
  assert_int_equal(d->origin.requests, 5);
}

static void start_plain(struct fixture *d, unsigned n, const char *method,
                        const char *body)
{
  char url[64];
  struct got *g = &d->got[n];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/%u", d->origin.port, n);
  struct http_call call = {.method = method,
                           .url = url,
                           .body = span_of(body),
                           .connect_ms = 1000,
                           .total_ms = 2000,
                           .answer_ceiling = MIB};
  struct fault f = {0};
  g->fixture = d;
  g->request = http_client_start(d->client, &call, on_done, g, &f);
  assert_non_null(g->request);
  buf_clear(&d->origin.raw);
  wait_done(d, n + 1);
  assert_int_equal(g->status, 200);
}

/* One handle of libcurl's makes them all. */
static void test_http_client__a_request_knows_nothing_of_the_one_before(void **state)
{
  struct fixture *d = *state;
  char expected[300];
  ask(d, 0, "{\"n\":1}");
  static const struct {
    const char *method, *body, *after;
  } rows[] = {
      {"GET", "", ""},
      {"DELETE", "", "Content-Length: 0\r\n"},
      {"POST", "[]", "Content-Length: 2\r\n"},
      {"GET", "", ""},
      {"PATCH", "[1]", "Content-Length: 3\r\n"},
      {"POST", "", "Content-Length: 0\r\n"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    start_plain(d, i + 1, rows[i].method, rows[i].body);
    snprintf(expected, sizeof expected,
             "%s /%u HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAccept: */*\r\n%s\r\n%s",
             rows[i].method, i + 1, d->origin.port, rows[i].after, rows[i].body);
    assert_string_equal(buf_cstring(&d->origin.raw), expected);
  }
}

static void test_http_client__does_many_at_once(void **state)
{
  struct fixture *d = *state;
  for (unsigned i = 0; i < 50; i++)
    start(d, i, "{}", 0);
  wait_done(d, 50);
  for (unsigned i = 0; i < 50; i++)
    assert_string_equal(buf_cstring(&d->got[i].body), "{\"r\":42}");
}

static void answer_busy(struct origin_connection *c)
{
  origin_say(c,
             "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3\r\nnot\r\n4\r\n now\r\n0\r\n\r\n");
}

static void test_http_client__hands_out_an_answer_of_any_status(void **state)
{
  struct fixture *d = *state;
  struct got *g = ask(d, 0, "{}");
  assert_int_equal(g->status, 503);
  assert_int_equal(g->fault.kind, FAULT_NONE);
  assert_int_equal(g->retry_after_ms, 7000);
  assert_string_equal(buf_cstring(&g->body), "not now");
  assert_true(g->maybe_sent);
}

static void answer_elsewhere(struct origin_connection *c)
{
  char text[200];
  snprintf(text, sizeof text,
           "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:%u/other\r\n"
           "Content-Length: 0\r\n\r\n",
           c->origin->port);
  origin_say(c, text);
}

static void test_http_client__follows_no_redirect(void **state)
{
  struct fixture *d = *state;
  struct got *g = ask(d, 0, "{}");
  assert_int_equal(g->status, 307);
  loopback_run_ms(&d->loop, 50);
  assert_int_equal(d->origin.requests, 1);
}

static void answer_in_bytes(struct origin_connection *c)
{
  const char *text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (size_t i = 0; text[i]; i++) { /* no delay: each is a segment of its own */
    origin_say_bytes(c, (struct span){text + i, 1});
  }
}

static void test_http_client__takes_an_answer_in_single_bytes(void **state)
{
  struct fixture *d = *state;
  struct got *g = ask(d, 0, "{}");
  assert_string_equal(buf_cstring(&g->body), "hello");
}

static void test_http_client__sends_twenty_megabytes(void **state)
{
  struct fixture *d = *state;
  size_t len = 20 * MIB;
  char *body = malloc(len + 1);
  memset(body, 'x', len);
  body[len] = 0;
  struct got *g = start(d, 0, body, 0);
  free(body);
  wait_done(d, 1);
  assert_int_equal(g->status, 200);
  assert_int_equal(d->origin.requests, 1);
  assert_true(d->origin.raw.len > len);
}

/* -- never twice -- */

static void answer_first_then_hang_up(struct origin_connection *c)
{
  if (c->origin->requests == 1)
    answer_ok(c);
  else
    origin_hang_up(c, false);
}

static void test_http_client__sends_a_body_once_when_a_kept_connection_dies(void **state)
{
  struct fixture *d = *state;
  ask(d, 0, "{\"n\":1}");
  struct got *g = ask(d, 1, "{\"n\":2}");
  loopback_run_ms(&d->loop, 100);
  assert_int_equal(d->origin.connections, 1); /* it was the kept one */
  assert_int_equal(d->origin.requests, 2);    /* the second was read whole, once */
  expect_fault(g, FAULT_UPSTREAM, true, "closed before the answer");
}

static void test_http_client__goes_on_after_a_kept_connection_died(void **state)
{
  struct fixture *d = *state;
  ask(d, 0, "{\"n\":1}");
  ask(d, 1, "{\"n\":2}");
  struct got *g = ask(d, 2, "{\"n\":3}");
  assert_int_equal(d->origin.connections, 2);
  assert_int_equal(d->origin.requests,
                   3); /* it was sent, and is not blamed on the last */
  expect_fault(g, FAULT_UPSTREAM, true, "closed before the answer");
}

static void hang_up_all(struct fixture *d)
{
  for (unsigned i = 0; i < ORIGIN_CONNECTIONS; i++)
    if (d->origin.list[i].open)
      origin_hang_up(&d->origin.list[i], false);
}

static unsigned turns_of(uv_loop_t *loop, unsigned ms)
{
  uv_metrics_t before, after;
  uv_metrics_info(loop, &before);
  loopback_run_ms(loop, ms);
  uv_metrics_info(loop, &after);
  return (unsigned)(after.loop_count - before.loop_count);
}

/* An idle connection stays watched: its end is seen, once, and is nobody's failure. */
static void test_http_client__the_end_of_an_idle_connection_is_quiet(void **state)
{
  struct fixture *d = *state;
  for (unsigned i = 0; i < 3; i++) {
    ask(d, i, "{}");
    hang_up_all(d);
    assert_true(turns_of(&d->loop, 50) < 20);
  }
  assert_int_equal(d->origin.connections, 3);
  for (unsigned i = 0; i < 3; i++)
    assert_int_equal(d->got[i].status, 200);
}

static void forget(uv_handle_t *handle, void *unused)
{
  (void)unused;
  if (handle->type == UV_TCP)
    uv_unref(handle);
}

/* What runs until nothing is left to do comes to its end. */
static void test_http_client__an_idle_connection_keeps_no_loop_running(void **state)
{
  struct fixture *d = *state;
  for (unsigned i = 0; i < 2; i++) {
    start(d, i, "{}", 0);
    assert_true(uv_loop_alive(&d->loop));
    wait_done(d, i + 1);
    loopback_run_ms(&d->loop, 10);
    uv_walk(&d->loop, forget, NULL); /* the origin's own */
    assert_false(uv_loop_alive(&d->loop));
  }
  assert_int_equal(d->origin.connections, 1);
}

static void test_http_client__sends_a_call_without_body_once_too(void **state)
{
  struct fixture *d = *state;
  ask(d, 0, "");
  struct got *g = ask(d, 1, "");
  loopback_run_ms(&d->loop, 100);
  assert_int_equal(d->origin.requests, 2);
  expect_fault(g, FAULT_UPSTREAM, true, "closed before the answer");
}

/* -- failures -- */

/* A port of this machine where nobody listens. */
static unsigned free_port(void)
{
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
  getsockname(fd, (struct sockaddr *)&address, &size);
  close(fd);
  return ntohs(address.sin_port);
}

static void test_http_client__knows_that_a_refused_call_was_not_sent(void **state)
{
  struct fixture *d = *state;
  struct got *g = start(d, 0, "{}", free_port());
  wait_done(d, 1);
  expect_fault(g, FAULT_UPSTREAM, false, "connection refused");
}

static void answer_reset(struct origin_connection *c)
{
  origin_hang_up(c, true);
}

static void test_http_client__knows_that_a_reset_call_was_sent(void **state)
{
  struct fixture *d = *state;
  struct got *g = ask(d, 0, "{}");
  assert_int_equal(g->fault.kind, FAULT_UPSTREAM);
  assert_true(g->maybe_sent);
}

static void answer_never(struct origin_connection *c)
{
  (void)c;
}

static void start_with(struct fixture *d, unsigned n, const char *url,
                       unsigned connect_ms, unsigned total_ms, size_t ceiling)
{
  struct http_call call = {.method = "POST",
                           .url = url,
                           .body = SPAN_LITERAL("{}"),
                           .connect_ms = connect_ms,
                           .total_ms = total_ms,
                           .answer_ceiling = ceiling};
  struct fault f = {0};
  d->got[n].fixture = d;
  d->got[n].request = http_client_start(d->client, &call, on_done, &d->got[n], &f);
  assert_non_null(d->got[n].request);
}

static void origin_url(const struct fixture *d, char *url, size_t size)
{
  snprintf(url, size, "http://127.0.0.1:%u/", d->origin.port);
}

static void test_http_client__times_out_and_says_after_what(void **state)
{
  struct fixture *d = *state;
  char url[64];
  origin_url(d, url, sizeof url);
  unsigned long long begin = uv_hrtime();
  start_with(d, 0, url, 100, 300, MIB);
  wait_done(d, 1);
  unsigned long long ms = (uv_hrtime() - begin) / 1000000;
  expect_fault(&d->got[0], FAULT_TIMEOUT, true, "timed out after 300 ms");
  assert_true(ms >= 290 && ms < 1000);
}

/* A listener whose queue is full lets nobody in and refuses nobody. */
static void test_http_client__tells_a_slow_connect_from_a_slow_answer(void **state)
{
  struct fixture *d = *state;
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), fill[4];
  assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
  assert_int_equal(listen(listener, 0), 0);
  getsockname(listener, (struct sockaddr *)&address, &size);
  for (int i = 0; i < 4; i++) {
    fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    (void)connect(fill[i], (struct sockaddr *)&address, size); /* in progress for ever */
  }
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
  start_with(d, 0, url, 200, 5000, MIB);
  wait_done(d, 1);
  expect_fault(&d->got[0], FAULT_TIMEOUT, false, "no connection within 200 ms");
  for (int i = 0; i < 4; i++)
    close(fill[i]);
  close(listener);
}

static void answer_much(struct origin_connection *c)
{
  if (c->origin->requests == 1)
    origin_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n");
  else
    origin_say(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "20\r\n0123456789abcdef0123456789abcdef\r\n0\r\n\r\n");
}

static void test_http_client__takes_no_more_than_the_ceiling(void **state)
{
  struct fixture *d = *state;
  char url[64];
  origin_url(d, url, sizeof url);
  for (unsigned i = 0; i < 2; i++) {
    start_with(d, i, url, 0, 2000, 31);
    wait_done(d, i + 1);
    expect_fault(&d->got[i], FAULT_TOO_BIG, true, "larger than 31 bytes");
  }
  start_with(d, 2, url, 0, 2000, 32);
  wait_done(d, 3);
  assert_int_equal(d->got[2].body.len, 32);
}

static void answer_half(struct origin_connection *c)
{
  origin_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  origin_hang_up(c, false);
}

static void answer_nonsense(struct origin_connection *c)
{
  origin_say(c, "what?\r\n\r\n");
  origin_hang_up(c, false);
}

static void test_http_client__takes_no_half_answer_and_no_nonsense(void **state)
{
  struct fixture *d = *state;
  ask(d, 0, "{}");
  expect_fault(&d->got[0], FAULT_UPSTREAM, true, "closed before the answer");
  d->origin.how = answer_nonsense;
  ask(d, 1, "{}");
  expect_fault(&d->got[1], FAULT_UPSTREAM, true, "");
}

/* The origin does not speak TLS: the handshake fails, and no byte of the call has
 * left. */
static void test_http_client__knows_that_a_failed_handshake_sent_nothing(void **state)
{
  struct fixture *d = *state;
  struct scratch s = scratch_make();
  char url[64];
  http_client_close(d->client, NULL, NULL);
  struct fault f = {0};
  const char *none = scratch_write(&s, "ca.pem", 0600, ""); /* an empty bundle will do */
  struct http_client_setup setup = {.loop = &d->loop, .ca_file = none};
  d->client = http_client_open(&setup, &f);
  assert_non_null(d->client);
  snprintf(url, sizeof url, "https://127.0.0.1:%u/", free_port());
  start_with(d, 0, url, 1000, 2000, MIB);
  wait_done(d, 1);
  assert_int_equal(d->got[0].fault.kind, FAULT_UPSTREAM);
  assert_false(d->got[0].maybe_sent);
  scratch_remove(&s);
}

/* -- refused before anything is done -- */

static void test_http_client__refuses_a_header_with_a_line_end(void **state)
{
  struct fixture *d = *state;
  static const char *const headers[] = {"X: a\r\nEvil: 1", NULL};
  struct http_call call = {.method = "POST",
                           .url = "http://127.0.0.1:1/",
                           .headers = headers,
                           .answer_ceiling = KIB};
  struct fault f = {0};
  assert_null(http_client_start(d->client, &call, on_done, &d->got[0], &f));
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
}

static void
test_http_client__does_not_open_when_the_named_certificates_are_missing(void **state)
{
  (void)state;
  uv_loop_t loop;
  uv_loop_init(&loop);
  struct fault f = {0};
  struct http_client_setup setup = {.loop = &loop, .ca_file = "/nowhere/ca.pem"};
  assert_null(http_client_open(&setup, &f));
  assert_non_null(strstr(f.text, "/nowhere/ca.pem"));
  loopback_loop_close(&loop);
}

/* -- cancelling and closing -- */

static void test_http_client__cancels_before_the_connect(void **state)
{
  struct fixture *d = *state;
  struct got *g = start(d, 0, "{}", 0);
  cancel(d, g);
  cancel(d, g); /* twice is once */
  wait_done(d, 1);
  expect_fault(g, FAULT_CANCELLED, false, "cancelled");
  loopback_run_ms(&d->loop, 50);
  assert_int_equal(d->origin.requests, 0);
}

static void test_http_client__cancels_what_was_sent(void **state)
{
  struct fixture *d = *state;
  struct got *g = start(d, 0, "{}", 0);
  loopback_wait(&d->loop, was_asked, d);
  cancel(d, g);
  wait_done(d, 1);
  expect_fault(g, FAULT_CANCELLED, true, "cancelled");
  loopback_run_ms(&d->loop, 20);
  assert_false(d->origin.list[0].open); /* and the other side sees it */
}

static void test_http_client__close_ends_all_first(void **state)
{
  (void)state;
  struct fixture d;
  setup_fixture(&d, answer_never);
  for (unsigned i = 0; i < 8; i++)
    start(&d, i, "{}", 0);
  loopback_wait(&d.loop, was_asked, &d);
  d.inside = true;
  http_client_close(d.client, on_closed, &d);
  d.inside = false;
  struct fault f = {0};
  struct http_call call = {.method = "GET", .url = "http://127.0.0.1:1/"};
  assert_null(http_client_start(d.client, &call, on_done, &d.got[9], &f));
  assert_int_equal(d.closed, 0);
  wait_done(&d, 8);
  for (unsigned i = 0; i < 8; i++) {
    assert_int_equal(d.got[i].fault.kind, FAULT_CANCELLED);
    assert_int_equal(d.got[i].count, 1);
  }
  origin_close(&d.origin);
  loopback_loop_close(&d.loop);
  assert_int_equal(d.closed, 1);
}

static void start_and_cancel_more(void *who, struct http_client_answer *answer)
{
  struct got *g = who;
  struct fixture *d = g->fixture;
  on_done(g, answer);
  cancel(d, &d->got[1]);
  start(d, 2, "{}", 0);
}

static void answer_only_last(struct origin_connection *c)
{
  if (c->origin->requests != 2)
    answer_ok(c);
}

static void test_http_client__lets_on_done_start_and_cancel_others(void **state)
{
  struct fixture *d = *state;
  char url[64];
  origin_url(d, url, sizeof url);
  start(d, 3, "{}", 0);
  wait_done(d, 1);
  start(d, 1, "{}", 0); /* is never answered */
  while (d->origin.requests < 2)
    uv_run(&d->loop, UV_RUN_ONCE);
  struct http_call call = {.method = "GET", .url = url, .answer_ceiling = KIB};
  struct fault f = {0};
  d->got[0].fixture = d;
  assert_non_null(
      http_client_start(d->client, &call, start_and_cancel_more, &d->got[0], &f));
  wait_done(d, 4);
  assert_int_equal(d->got[0].status, 200);
  assert_int_equal(d->got[1].fault.kind, FAULT_CANCELLED);
  assert_int_equal(d->got[2].status, 200);
}

/* -- streams -- */

#define EVENTS_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

struct stream {
  struct got got; /* first: who on_done is told */
  struct buf input;
  bool pause_at_first, cancel_at_first;
  size_t take; /* of a piece, at most; 0: all */
};

static size_t on_piece(void *who, struct span bytes)
{
  struct stream *s = who;
  assert_false(s->got.fixture->inside);
  assert_int_equal(s->got.count, 0);
  if (s->take && bytes.len > s->take)
    bytes.len = s->take;
  buf_add(&s->input, bytes);
  if (s->pause_at_first)
    http_client_pause(s->got.request, true);
  if (s->cancel_at_first)
    http_client_cancel(s->got.request);
  s->pause_at_first = false;
  return bytes.len;
}

static void follow(struct fixture *d, struct stream *s)
{
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%u/event", d->origin.port);
  struct http_call call = {.method = "GET",
                           .url = url,
                           .connect_ms = 1000,
                           .answer_ceiling = MIB,
                           .on_piece = on_piece};
  struct fault f = {0};
  s->got.fixture = d;
  s->input = buf_make(64 * (size_t)MIB);
  d->inside = true;
  s->got.request = http_client_start(d->client, &call, on_done, &s->got, &f);
  d->inside = false;
  assert_non_null(s->got.request);
}

static void finish_stream(struct fixture *d, struct stream *s)
{
  finish_fixture(d);
  assert_int_equal(s->got.count, 1);
  buf_free(&s->got.body);
  buf_free(&s->input);
}

static bool has_heard(void *who)
{
  return ((struct stream *)who)->input.len > 0;
}

static struct origin_connection *speaker;

static void answer_some_and_stay(struct origin_connection *c)
{
  speaker = c;
  origin_say(c, EVENTS_HEAD "data: 1\n\n");
}

static void answer_a_stream_and_end(struct origin_connection *c)
{
  origin_say(c, EVENTS_HEAD "data: 1\n\ndata: 2\n\n");
  origin_hang_up(c, false);
}

static void test_http_client__gives_the_rest_of_a_piece_again_before_the_end(void **state)
{
  (void)state;
  struct fixture d;
  struct stream s = {.take = 4};
  setup_fixture(&d, answer_a_stream_and_end);
  follow(&d, &s);
  wait_done(&d, 1);
  assert_string_equal(buf_cstring(&s.input), "data: 1\n\ndata: 2\n\n");
  assert_int_equal(s.got.body.len, 0);
  finish_stream(&d, &s);
}

static void test_http_client__hands_out_a_stream_as_it_comes(void **state)
{
  (void)state;
  struct fixture d;
  struct stream s = {0};
  setup_fixture(&d, answer_some_and_stay);
  follow(&d, &s);
  loopback_wait(&d.loop, has_heard, &s);
  assert_string_equal(buf_cstring(&s.input), "data: 1\n\n");
  assert_int_equal(s.got.count, 0);
  origin_say(speaker, "data: 2\n\n");
  origin_hang_up(speaker, false);
  wait_done(&d, 1);
  assert_string_equal(buf_cstring(&s.input), "data: 1\n\ndata: 2\n\n");
  assert_int_equal(s.got.status, 200);
  assert_int_equal(s.got.body.len, 0);
  finish_stream(&d, &s);
}

static void test_http_client__keeps_the_words_of_a_refused_stream(void **state)
{
  (void)state;
  struct fixture d;
  struct stream s = {0};
  setup_fixture(&d, answer_busy);
  follow(&d, &s);
  wait_done(&d, 1);
  assert_int_equal(s.got.status, 503);
  assert_string_equal(buf_cstring(&s.got.body), "not now");
  assert_int_equal(s.input.len, 0);
  finish_stream(&d, &s);
}

static void test_http_client__a_stream_can_be_cancelled_from_inside(void **state)
{
  (void)state;
  struct fixture d;
  struct stream s = {.cancel_at_first = true};
  setup_fixture(&d, answer_some_and_stay);
  follow(&d, &s);
  wait_done(&d, 1);
  assert_int_equal(s.got.fault.kind, FAULT_CANCELLED);
  finish_stream(&d, &s);
}

/* More than fits into the sockets' buffers, so that the server feels a pause. */
#define FLOOD ((size_t)16 * MIB)

struct flood {
  struct fixture fixture; /* first */
  struct buf bytes;
  uv_write_t write;
  bool written;
};

static void flooded(uv_write_t *write, int status)
{
  struct flood *f = write->data;
  f->written = status == 0;
}

static void answer_flood(struct origin_connection *c)
{
  struct flood *f = c->origin->who;
  speaker = c;
  buf_add_text(&f->bytes, EVENTS_HEAD);
  size_t head = f->bytes.len;
  while (f->bytes.len < head + FLOOD)
    buf_addf(&f->bytes, "%08zx", f->bytes.len - head);
  uv_buf_t out = uv_buf_init(f->bytes.at, (unsigned)f->bytes.len);
  f->write.data = f;
  assert_int_equal(uv_write(&f->write, (uv_stream_t *)&c->tcp, &out, 1, flooded), 0);
}

static void
test_http_client__a_pause_is_felt_by_the_server_and_loses_nothing(void **state)
{
  (void)state;
  struct flood f = {.bytes = buf_make(2 * FLOOD)};
  struct stream s = {.pause_at_first = true};
  setup_fixture(&f.fixture, answer_flood);
  follow(&f.fixture, &s);
  loopback_wait(&f.fixture.loop, has_heard, &s);
  size_t before = s.input.len;
  assert_true(before <= LIMIT_STREAM_BYTES);
  loopback_run_ms(&f.fixture.loop, 200);
  assert_int_equal(s.input.len, before);
  assert_false(f.written);
  for (unsigned i = 0; i < 3; i++) { /* on and off again, at once and later */
    http_client_pause(s.got.request, false);
    http_client_pause(s.got.request, true);
    loopback_run_ms(&f.fixture.loop, 5);
    assert_int_equal(s.input.len, before);
  }
  http_client_pause(s.got.request, false);
  while (s.input.len < FLOOD)
    loopback_run_ms(&f.fixture.loop, 5);
  assert_true(f.written);
  origin_hang_up(speaker, false);
  wait_done(&f.fixture, 1);
  assert_int_equal(s.got.status, 200);
  assert_int_equal(s.input.len, FLOOD);
  assert_memory_equal(s.input.at, f.bytes.at + f.bytes.len - FLOOD, FLOOD);
  buf_free(&f.bytes);
  finish_stream(&f.fixture, &s);
}

static void answer_some_and_end(struct origin_connection *c)
{
  origin_say(c, EVENTS_HEAD "data: 1\n\n");
  loopback_run_ms(c->origin->loop, 0);
  origin_hang_up(c, false);
}

static void test_http_client__a_paused_stream_keeps_its_end_back(void **state)
{
  (void)state;
  struct fixture d;
  struct stream s = {.pause_at_first = true};
  setup_fixture(&d, answer_some_and_end);
  follow(&d, &s);
  loopback_wait(&d.loop, has_heard, &s);
  loopback_run_ms(&d.loop, 50);
  assert_int_equal(s.got.count, 0);
  http_client_pause(s.got.request, false);
  wait_done(&d, 1);
  assert_int_equal(s.got.status, 200);
  finish_stream(&d, &s);
}

static void test_http_client__closing_ends_a_paused_stream(void **state)
{
  (void)state;
  struct fixture d;
  struct stream s = {.pause_at_first = true};
  setup_fixture(&d, answer_some_and_end);
  follow(&d, &s);
  loopback_wait(&d.loop, has_heard, &s);
  loopback_run_ms(&d.loop, 50); /* it is over by now, but held back */
  finish_stream(&d, &s);
  assert_int_equal(s.got.fault.kind, FAULT_CANCELLED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(answer_ok, test_http_client__sends_what_it_was_given_and_no_more),
      WITH(answer_ok, test_http_client__keeps_the_connection),
      WITH(answer_ok, test_http_client__a_request_knows_nothing_of_the_one_before),
      WITH(answer_ok, test_http_client__does_many_at_once),
      WITH(answer_busy, test_http_client__hands_out_an_answer_of_any_status),
      WITH(answer_elsewhere, test_http_client__follows_no_redirect),
      WITH(answer_in_bytes, test_http_client__takes_an_answer_in_single_bytes),
      WITH(answer_ok, test_http_client__sends_twenty_megabytes),
      WITH(answer_first_then_hang_up,
           test_http_client__sends_a_body_once_when_a_kept_connection_dies),
      WITH(answer_first_then_hang_up,
           test_http_client__goes_on_after_a_kept_connection_died),
      WITH(answer_ok, test_http_client__the_end_of_an_idle_connection_is_quiet),
      WITH(answer_ok, test_http_client__an_idle_connection_keeps_no_loop_running),
      WITH(answer_first_then_hang_up,
           test_http_client__sends_a_call_without_body_once_too),
      WITH(answer_ok, test_http_client__knows_that_a_refused_call_was_not_sent),
      WITH(answer_reset, test_http_client__knows_that_a_reset_call_was_sent),
      WITH(answer_never, test_http_client__times_out_and_says_after_what),
      WITH(answer_ok, test_http_client__tells_a_slow_connect_from_a_slow_answer),
      WITH(answer_much, test_http_client__takes_no_more_than_the_ceiling),
      WITH(answer_half, test_http_client__takes_no_half_answer_and_no_nonsense),
      WITH(answer_ok, test_http_client__knows_that_a_failed_handshake_sent_nothing),
      WITH(answer_ok, test_http_client__refuses_a_header_with_a_line_end),
      cmocka_unit_test(
          test_http_client__does_not_open_when_the_named_certificates_are_missing),
      WITH(answer_ok, test_http_client__cancels_before_the_connect),
      WITH(answer_never, test_http_client__cancels_what_was_sent),
      cmocka_unit_test(test_http_client__close_ends_all_first),
      WITH(answer_only_last, test_http_client__lets_on_done_start_and_cancel_others),
      cmocka_unit_test(test_http_client__hands_out_a_stream_as_it_comes),
      cmocka_unit_test(test_http_client__gives_the_rest_of_a_piece_again_before_the_end),
      cmocka_unit_test(test_http_client__keeps_the_words_of_a_refused_stream),
      cmocka_unit_test(test_http_client__a_stream_can_be_cancelled_from_inside),
      cmocka_unit_test(test_http_client__a_pause_is_felt_by_the_server_and_loses_nothing),
      cmocka_unit_test(test_http_client__a_paused_stream_keeps_its_end_back),
      cmocka_unit_test(test_http_client__closing_ends_a_paused_stream),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
