/* SPDX-License-Identifier: MIT */
#include "http/ws_socket.h"

#include "base/limits.h"
#include "http/http_server.h"
#include "loopback.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPENING                                                                          \
  "GET /?t=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"       \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define ACCEPTED                                                                         \
  "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"                           \
  "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nconnection: upgrade\r\n\r\n"

/* The owner: does with a message what `how` says, and notes what it is told. */
struct fixture {
  uv_loop_t loop;
  struct http_server *server;
  struct http_server_setup setup;
  struct ws_socket_setup socket_setup;
  struct loopback_client client;
  struct http_exchange *kept; /* with `keep`: not opened yet */
  bool keep;
  struct ws_socket *socket;
  void (*how)(struct fixture *d, struct span text);
  struct buf messages; /* each ended by '|' */
  unsigned closes, code, writable;
  struct buf reason;
};

/* -- owners -- */

static void note(struct fixture *d, struct span text)
{
  buf_add(&d->messages, text);
  buf_add_char(&d->messages, '|');
}

static void echo(struct fixture *d, struct span text)
{
  note(d, text);
  (void)ws_socket_send(d->socket, text);
}

static void close_at_once(struct fixture *d, struct span text)
{
  note(d, text);
  ws_socket_close(d->socket, WS_POLICY, "unauthorized");
  ws_socket_close(d->socket, WS_NORMAL, "again");
  (void)ws_socket_send(d->socket, SPAN_LITERAL("late"));
}

static void cut_at_once(struct fixture *d, struct span text)
{
  note(d, text);
  ws_socket_cut(d->socket);
  d->socket = NULL;
}

static void end_server(struct fixture *d, struct span text)
{
  note(d, text);
  http_server_close(d->server, NULL, NULL);
  d->server = NULL;
}

static void on_message(void *who, struct span text)
{
  struct fixture *d = who;
  d->how(d, text);
}

static void on_writable(void *who)
{
  ((struct fixture *)who)->writable++;
}

static void on_close(void *who, unsigned code, struct span reason)
{
  struct fixture *d = who;
  d->closes++;
  d->code = code;
  d->socket = NULL;
  buf_add(&d->reason, reason);
}

static void on_request(void *who, struct http_exchange *x)
{
  struct fixture *d = who;
  if (d->keep)
    d->kept = x;
  else
    d->socket = ws_socket_open(x, &d->socket_setup);
}

/* -- the fixture -- */

static void open_fixture(struct fixture *d,
                         void (*how)(struct fixture *d, struct span text))
{
  *d = (struct fixture){
      .how = how, .messages = buf_make(MIB), .reason = buf_make(WS_CONTROL_BYTES)};
  d->setup = (struct http_server_setup){.limits = {4 * KIB, 20, KIB},
                                        .connections = 4,
                                        .idle_ms = 50, /* not of an open socket */
                                        .on_request = on_request,
                                        .who = d};
  d->socket_setup = (struct ws_socket_setup){.message_bytes = 100 * KIB,
                                             .close_ms = 100,
                                             .on_message = on_message,
                                             .on_writable = on_writable,
                                             .on_close = on_close,
                                             .who = d};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
}

static void start_fixture(struct fixture *d)
{
  struct fault f = {0};
  d->server = http_server_open(&d->loop, "127.0.0.1", 0, &d->setup, &f);
  assert_non_null(d->server);
  loopback_connect(&d->client, &d->loop, http_server_port(d->server));
}

static void open_socket(struct fixture *d,
                        void (*how)(struct fixture *d, struct span text))
{
  if (!d->how)
    open_fixture(d, how);
  start_fixture(d);
  loopback_send(&d->client, OPENING, 0);
  loopback_wait_text(&d->client, ACCEPTED);
  assert_int_equal(d->client.got.len, strlen(ACCEPTED));
  buf_clear(&d->client.got);
}

static void finish_fixture(struct fixture *d)
{
  loopback_close(&d->client, false);
  http_server_close(d->server, NULL, NULL);
  loopback_loop_close(&d->loop);
  buf_free(&d->messages);
  buf_free(&d->reason);
}

/* -- the client -- */

static void send_bytes(struct fixture *d, struct span bytes)
{
  while (bytes.len > 0) {
    uv_buf_t piece = uv_buf_init((char *)bytes.at, (unsigned)bytes.len);
    int n = uv_try_write((uv_stream_t *)&d->client.tcp, &piece, 1);
    if (n > 0)
      bytes = span_after(bytes, (size_t)n);
    uv_run(&d->loop, UV_RUN_NOWAIT);
  }
}

/* Masked with four zeros, so that what a server writes is a client's frame but for the
 * mask's bit. */
static void put_frame(struct buf *out, unsigned first, struct span payload)
{
  struct buf frame = buf_make(MIB);
  ws_frame_put(&frame, WS_TEXT, payload);
  size_t head = frame.len - payload.len;
  frame.at[0] = (char)first;
  frame.at[1] = (char)(frame.at[1] | 0x80);
  buf_add(out, (struct span){frame.at, head});
  buf_add(out, SPAN_LITERAL("\0\0\0\0"));
  buf_add(out, payload);
  buf_free(&frame);
}

static void send_frame(struct fixture *d, unsigned first, struct span payload)
{
  struct buf frame = buf_make(MIB);
  put_frame(&frame, first, payload);
  send_bytes(d, buf_span(&frame));
  buf_free(&frame);
}

static void expect_got(struct fixture *d, struct span bytes)
{
  for (int i = 0; i < 200 && d->client.got.len < bytes.len; i++)
    loopback_run_ms(&d->loop, 10);
  assert_int_equal(d->client.got.len, bytes.len);
  assert_memory_equal(d->client.got.at, bytes.at, bytes.len);
  buf_clear(&d->client.got);
}

static bool is_closed(void *who)
{
  return ((struct fixture *)who)->closes > 0;
}

static void expect_close(struct fixture *d, unsigned code, const char *reason)
{
  loopback_wait(&d->loop, is_closed, d);
  assert_int_equal(d->closes, 1);
  assert_int_equal(d->code, code);
  assert_string_equal(buf_cstring(&d->reason), reason);
}

/* -- opening -- */

static void test_ws_socket__talks_both_ways(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_socket(&d, echo);
  send_frame(&d, 0x81, SPAN_LITERAL("one"));
  expect_got(&d, SPAN_LITERAL("\x81\x03one"));
  send_frame(&d, 0x01, SPAN_LITERAL("t"));
  send_frame(&d, 0x89, SPAN_LITERAL("?"));
  send_frame(&d, 0x80, SPAN_LITERAL("wo"));
  expect_got(&d, SPAN_LITERAL("\x8a\x01?\x81\x03two"));
  assert_string_equal(buf_cstring(&d.messages), "one|two|");
  loopback_run_ms(&d.loop, 120); /* no deadline of HTTP runs any more */
  send_frame(&d, 0x81, SPAN_LITERAL("three"));
  expect_got(&d, SPAN_LITERAL("\x81\x05three"));
  finish_fixture(&d);
  assert_int_equal(d.closes, 1);
  assert_int_equal(d.code, WS_BROKEN);
}

static void test_ws_socket__takes_frames_that_came_with_the_request(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_fixture(&d, echo);
  start_fixture(&d);
  struct buf bytes = buf_make(KIB);
  buf_add_text(&bytes, OPENING);
  put_frame(&bytes, 0x81, SPAN_LITERAL("eager"));
  send_bytes(&d, buf_span(&bytes));
  expect_got(&d, SPAN_LITERAL(ACCEPTED "\x81\x05"
                                       "eager"));
  buf_free(&bytes);
  finish_fixture(&d);
}

static bool is_kept(void *who)
{
  return ((struct fixture *)who)->kept;
}

static void test_ws_socket__can_be_opened_later(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_fixture(&d, echo);
  d.keep = true;
  start_fixture(&d);
  loopback_send(&d.client, OPENING, 0);
  loopback_wait(&d.loop, is_kept, &d);
  send_frame(&d, 0x81, SPAN_LITERAL("eager"));
  loopback_run_ms(&d.loop, 20);
  d.socket = ws_socket_open(d.kept, &d.socket_setup);
  assert_non_null(d.socket);
  expect_got(&d, SPAN_LITERAL(ACCEPTED "\x81\x05"
                                       "eager"));
  finish_fixture(&d);
}

static void test_ws_socket__tells_of_a_client_that_left_before_it_opened(void **state)
{
  (void)state;
  for (int reset = 0; reset < 2; reset++) {
    struct fixture d = {0};
    open_fixture(&d, echo);
    d.keep = true;
    start_fixture(&d);
    loopback_send(&d.client, OPENING, 0);
    loopback_wait(&d.loop, is_kept, &d);
    loopback_close(&d.client, reset);
    loopback_run_ms(&d.loop, 20);
    d.socket = ws_socket_open(d.kept, &d.socket_setup);
    assert_non_null(d.socket);
    assert_int_equal(d.closes, 0); /* not from inside */
    expect_close(&d, WS_BROKEN, "");
    http_server_close(d.server, NULL, NULL);
    loopback_loop_close(&d.loop);
    buf_free(&d.messages);
    buf_free(&d.reason);
  }
}

static void test_ws_socket__refuses_what_is_no_opening(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_fixture(&d, echo);
  start_fixture(&d);
  loopback_send(&d.client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  loopback_wait_end(&d.client);
  assert_string_equal(buf_cstring(&d.client.got),
                      "HTTP/1.1 426 Upgrade Required\r\ncontent-type: text/plain\r\n"
                      "upgrade: websocket\r\nconnection: close\r\ncontent-length: 31\r\n"
                      "\r\nonly a WebSocket is served here");
  assert_null(d.socket);
  finish_fixture(&d);
  assert_int_equal(d.closes, 0);
}

/* -- ends -- */

static void test_ws_socket__answers_the_clients_close_with_its_code(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_socket(&d, echo);
  send_frame(&d, 0x81, SPAN_LITERAL("last"));
  send_frame(&d, 0x88,
             SPAN_LITERAL("\x0f\xa1"
                          "bye"));
  expect_close(&d, 4001, "bye");
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  expect_got(&d, SPAN_LITERAL("\x81\x04last\x88\x02\x0f\xa1"));
  finish_fixture(&d);
}

static void test_ws_socket__answers_a_close_without_a_code_with_none(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_socket(&d, echo);
  send_frame(&d, 0x88, SPAN_LITERAL(""));
  expect_close(&d, WS_NO_CODE, "");
  loopback_wait_end(&d.client);
  expect_got(&d, SPAN_LITERAL("\x88\x00"));
  finish_fixture(&d);
}

static void test_ws_socket_close__waits_for_the_clients_answer(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_socket(&d, close_at_once);
  struct buf both = buf_make(KIB);
  put_frame(&both, 0x81, SPAN_LITERAL("one"));
  put_frame(&both, 0x81, SPAN_LITERAL("two"));
  put_frame(&both, 0x89, SPAN_LITERAL("?"));
  send_bytes(&d, buf_span(&both));
  expect_got(&d, SPAN_LITERAL("\x88\x0e\x03\xf0unauthorized"));
  assert_string_equal(buf_cstring(&d.messages), "one|"); /* none after our close */
  assert_int_equal(d.closes, 0);
  send_frame(&d, 0x88, SPAN_LITERAL("\x03\xf0"));
  expect_close(&d, WS_POLICY, "");
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  assert_int_equal(d.client.got.len, 0);
  buf_free(&both);
  finish_fixture(&d);
}

static void test_ws_socket_close__cuts_a_client_that_does_not_answer(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_socket(&d, close_at_once);
  send_frame(&d, 0x81, SPAN_LITERAL("one"));
  expect_close(&d, WS_BROKEN, "");
  loopback_wait_end(&d.client);
  assert_int_not_equal(d.client.error, 0); /* a reset */
  finish_fixture(&d);
}

static void test_ws_socket__ends_with_the_code_of_what_was_wrong(void **state)
{
  (void)state;
  static const struct {
    unsigned first;
    const char *payload;
    unsigned code;
  } cases[] = {{0xc1, "x", WS_PROTOCOL_ERROR},
               {0x82, "x", WS_UNSUPPORTED},
               {0x81, "\xff", WS_NOT_UTF8}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct fixture d = {0};
    open_socket(&d, echo);
    send_frame(&d, cases[i].first, span_of(cases[i].payload));
    loopback_wait(&d.loop, is_closed, &d);
    assert_int_equal(d.code, cases[i].code);
    assert_true(d.reason.len > 0);
    loopback_wait_end(&d.client);
    assert_int_equal(d.client.error, 0);
    struct buf frame = buf_make(KIB), payload = buf_make(WS_CONTROL_BYTES);
    ws_frame_put_code(&payload, cases[i].code, buf_span(&d.reason));
    ws_frame_put(&frame, WS_CLOSE, buf_span(&payload));
    expect_got(&d, buf_span(&frame));
    buf_free(&frame);
    buf_free(&payload);
    finish_fixture(&d);
    assert_int_equal(d.closes, 1);
  }
}

static void test_ws_socket__refuses_a_message_over_the_limit(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_socket(&d, echo);
  char *big = calloc(1, 100 * KIB + 1);
  memset(big, 'a', 100 * KIB + 1);
  send_frame(&d, 0x81, (struct span){big, 100 * (size_t)KIB});
  send_frame(&d, 0x81, (struct span){big, 100 * (size_t)KIB + 1});
  expect_close(&d, WS_TOO_BIG, "a message over the limit");
  assert_int_equal(d.messages.len, 100 * KIB + 1);
  loopback_wait_end(&d.client);
  assert_int_equal(d.client.error, 0);
  free(big);
  finish_fixture(&d);
}

static void test_ws_socket__tells_of_a_client_that_ends_without_a_close(void **state)
{
  (void)state;
  for (int reset = 0; reset < 2; reset++) {
    struct fixture d = {0};
    open_socket(&d, echo);
    if (!reset) {
      loopback_half_close(&d.client);
      loopback_wait_end(&d.client);
      assert_int_equal(d.client.error, 0);
    }
    loopback_close(&d.client, reset);
    expect_close(&d, WS_BROKEN, "");
    http_server_close(d.server, NULL, NULL);
    loopback_loop_close(&d.loop);
    buf_free(&d.messages);
    buf_free(&d.reason);
  }
}

static void test_ws_socket_cut__lets_go_at_once_also_from_inside(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_socket(&d, cut_at_once);
  struct buf both = buf_make(KIB);
  put_frame(&both, 0x81, SPAN_LITERAL("one"));
  put_frame(&both, 0x81, SPAN_LITERAL("two"));
  send_bytes(&d, buf_span(&both));
  loopback_wait_end(&d.client);
  assert_int_not_equal(d.client.error, 0);
  assert_string_equal(buf_cstring(&d.messages), "one|");
  finish_fixture(&d);
  assert_int_equal(d.closes, 0);
  d = (struct fixture){0};
  open_socket(&d, echo);
  ws_socket_cut(d.socket);
  loopback_wait_end(&d.client);
  buf_free(&both);
  finish_fixture(&d);
  assert_int_equal(d.closes, 0);
}

static void test_ws_socket__is_told_when_the_server_ends_from_inside(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_socket(&d, end_server);
  struct buf both = buf_make(KIB);
  put_frame(&both, 0x81, SPAN_LITERAL("one"));
  put_frame(&both, 0x81, SPAN_LITERAL("two"));
  send_bytes(&d, buf_span(&both));
  expect_close(&d, WS_BROKEN, "");
  assert_string_equal(buf_cstring(&d.messages), "one|");
  buf_free(&both);
  finish_fixture(&d);
}

/* -- silence and back-pressure -- */

static void test_ws_socket__pings_a_silent_client_and_lets_it_go_then(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_fixture(&d, echo);
  d.socket_setup.ping_ms = 60;
  open_socket(&d, echo);
  for (int i = 0; i < 3; i++) {
    expect_got(&d, SPAN_LITERAL("\x89\x00"));
    send_frame(&d, 0x8a, SPAN_LITERAL(""));
  }
  assert_int_equal(d.closes, 0);
  expect_got(&d, SPAN_LITERAL("\x89\x00"));
  expect_close(&d, WS_BROKEN, "");
  loopback_wait_end(&d.client);
  assert_int_not_equal(d.client.error, 0);
  finish_fixture(&d);
}

/* Sends until the kernel takes no more. */
static size_t fill(struct fixture *d, struct span text)
{
  size_t backlog = 0;
  while (backlog <= LIMIT_SINK_HIGH_BYTES) {
    backlog = ws_socket_send(d->socket, text);
    uv_run(&d->loop, UV_RUN_NOWAIT);
  }
  return backlog;
}

static void test_ws_socket__tells_when_a_slow_client_has_taken_what_was_sent(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_fixture(&d, echo);
  d.socket_setup.ping_ms = 50;
  open_socket(&d, echo);
  loopback_pause(&d.client);
  char *big = calloc(1, 100 * KIB);
  memset(big, 'a', 100 * KIB);
  (void)fill(&d, (struct span){big, 100 * (size_t)KIB});
  ws_socket_wake(d.socket);
  /* It goes on talking, and its pings do not pile up. */
  for (int i = 0; i < 500; i++)
    send_frame(&d, 0x89, SPAN_LITERAL("early ping"));
  send_frame(&d, 0x89, SPAN_LITERAL("late ping"));
  loopback_run_ms(&d.loop, 250); /* nor is it pinged in vain */
  assert_int_equal(d.closes, 0);
  assert_int_equal(d.writable, 0);
  d.client.got.ceiling = 64 * (size_t)MIB;
  loopback_resume(&d.client);
  for (int i = 0; i < 500 && d.writable == 0; i++)
    loopback_run_ms(&d.loop, 10);
  assert_int_equal(d.writable, 1);
  loopback_wait_text(&d.client, "\x8a\x09late ping");
  assert_int_equal(loopback_count(&d.client, "early ping"), 0);
  free(big);
  finish_fixture(&d);
}

static void test_ws_socket__lets_go_of_a_client_that_takes_nothing(void **state)
{
  (void)state;
  struct fixture d = {0};
  open_fixture(&d, echo);
  d.setup.write_stall_ms = 100;
  open_socket(&d, echo);
  loopback_pause(&d.client);
  char *big = calloc(1, 100 * KIB);
  memset(big, 'a', 100 * KIB);
  (void)fill(&d, (struct span){big, 100 * (size_t)KIB});
  expect_close(&d, WS_BROKEN, "");
  free(big);
  finish_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ws_socket__talks_both_ways),
      cmocka_unit_test(test_ws_socket__takes_frames_that_came_with_the_request),
      cmocka_unit_test(test_ws_socket__can_be_opened_later),
      cmocka_unit_test(test_ws_socket__tells_of_a_client_that_left_before_it_opened),
      cmocka_unit_test(test_ws_socket__refuses_what_is_no_opening),
      cmocka_unit_test(test_ws_socket__answers_the_clients_close_with_its_code),
      cmocka_unit_test(test_ws_socket__answers_a_close_without_a_code_with_none),
      cmocka_unit_test(test_ws_socket_close__waits_for_the_clients_answer),
      cmocka_unit_test(test_ws_socket_close__cuts_a_client_that_does_not_answer),
      cmocka_unit_test(test_ws_socket__ends_with_the_code_of_what_was_wrong),
      cmocka_unit_test(test_ws_socket__refuses_a_message_over_the_limit),
      cmocka_unit_test(test_ws_socket__tells_of_a_client_that_ends_without_a_close),
      cmocka_unit_test(test_ws_socket_cut__lets_go_at_once_also_from_inside),
      cmocka_unit_test(test_ws_socket__is_told_when_the_server_ends_from_inside),
      cmocka_unit_test(test_ws_socket__pings_a_silent_client_and_lets_it_go_then),
      cmocka_unit_test(test_ws_socket__tells_when_a_slow_client_has_taken_what_was_sent),
      cmocka_unit_test(test_ws_socket__lets_go_of_a_client_that_takes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
