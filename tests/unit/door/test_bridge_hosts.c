/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_hosts.h"

#include "base/limits.h"
#include "http/http_server.h"
#include "io/loop.h"
#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
  struct uv_loop_s *loop;
  struct http_server *server;
  struct bridge_hosts *hosts;
  struct bridge_host *last; /* who sent a frame */
  struct buf heard;
  void (*on_frame)(void *who, struct bridge_host *host, struct span text); /* or NULL */
  unsigned drains, closed;
} s;

static void put_hello(void *who, struct buf *frame)
{
  (void)who;
  buf_add_text(frame, "{\"hello\":1}");
}

static void on_frame(void *who, struct bridge_host *host, struct span text)
{
  s.last = host;
  buf_add(&s.heard, text);
  if (s.on_frame)
    s.on_frame(who, host, text);
}

static void on_drain(void *who)
{
  (void)who;
  s.drains++;
}

static void on_closed(void *who)
{
  (void)who;
  s.closed++;
}

static void on_request(void *who, struct http_exchange *x)
{
  (void)who;
  bridge_hosts_take(s.hosts, x);
}

static int open_all(void **state)
{
  struct fault f = {0};
  (void)state;
  memset(&s, 0, sizeof s);
  s.heard = buf_make(MIB);
  s.loop = loop_new(&f);
  struct bridge_hosts_setup setup = {.loop = s.loop,
                                     .token = SPAN_LITERAL("s3cret"),
                                     .put_hello = put_hello,
                                     .on_frame = on_frame,
                                     .on_drain = on_drain};
  s.hosts = bridge_hosts_new(&setup);
  struct http_server_setup server = {
      .limits = {16 * KIB, 20, KIB}, .connections = 64, .on_request = on_request};
  s.server = http_server_open(s.loop, "127.0.0.1", 0, &server, &f);
  return s.server ? 0 : -1;
}

static int close_all(void **state)
{
  (void)state;
  bridge_hosts_free(s.hosts);
  http_server_close(s.server, NULL, NULL);
  assert_true(loop_free(s.loop));
  buf_free(&s.heard);
  return 0;
}

static void upgrade(struct loopback_client *c, const char *query)
{
  char text[400];
  (void)snprintf(text, sizeof text,
                 "GET /%s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
                 "Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                 "Sec-WebSocket-Version: 13\r\n\r\n",
                 query);
  loopback_connect(c, s.loop, http_server_port(s.server));
  loopback_send(c, text, 0);
  loopback_wait_text(c, " 101 ");
}

/* A masked text frame; the mask is zeros. */
static void send_frame(struct loopback_client *c, const char *text)
{
  size_t n = strlen(text);
  char frame[200] = {(char)0x81, (char)(0x80 | n), 1, 1, 1, 1};
  for (size_t i = 0; i < n; i++)
    frame[6 + i] = (char)(text[i] ^ 1);
  loopback_send(c, frame, 0);
}

static bool heard_something(void *who)
{
  (void)who;
  return s.heard.len > 0;
}

static void test_bridge_hosts__the_token_is_taken_from_the_query(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"/?agent_bridge_token=ab", "ab"}, {"/x?y=1&agent_bridge_token=a%62c&z", "abc"},
      {"/?agent_bridge_token=", ""},     {"/?xagent_bridge_token=ab", ""},
      {"/agent_bridge_token=ab", ""},    {"", ""},
      {"/?agent_bridge_token=%4", "%4"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf token = buf_make(100);
    bridge_hosts_token(span_of(rows[i][0]), &token);
    assert_string_equal(buf_cstring(&token), rows[i][1]);
    buf_free(&token);
  }
}

static void test_bridge_hosts__a_wrong_token_is_let_through_and_closed(void **state)
{
  (void)state;
  static const char *const queries[] = {
      "", "?agent_bridge_token=", "?agent_bridge_token=s3creT",
      "?agent_bridge_token=s3cret0"};
  for (size_t i = 0; i < 4; i++) {
    struct loopback_client c;
    upgrade(&c, queries[i]);
    loopback_wait_text(&c, "unauthorized");
    loopback_run_ms(s.loop, 30);
    assert_null(strstr(buf_cstring(&c.got), "hello"));
    loopback_close(&c, false);
  }
}

static void test_bridge_hosts__only_the_owner_hears_the_stream(void **state)
{
  (void)state;
  struct loopback_client one, two;
  upgrade(&one, "?agent_bridge_token=s3cret");
  loopback_wait_text(&one, "hello");
  assert_int_equal(bridge_hosts_send(s.hosts, span_of("nobody")), 0);
  send_frame(&one, "claim");
  loopback_wait(s.loop, heard_something, NULL);
  assert_string_equal(buf_cstring(&s.heard), "claim");
  assert_false(bridge_hosts_is_owner(s.hosts, s.last));
  bridge_hosts_own(s.hosts, s.last);
  upgrade(&two, "?agent_bridge_token=s3cret");
  loopback_wait_text(&two, "hello");
  bridge_hosts_send(s.hosts, span_of("{\"event\":1}"));
  bridge_host_send(s.last, span_of("{\"control\":1}"));
  loopback_wait_text(&one, "{\"event\":1}");
  loopback_wait_text(&one, "{\"control\":1}");
  assert_null(strstr(two.got.at + 150, "event"));
  unsigned before = s.drains;
  loopback_close(&one, true);
  loopback_run_ms(s.loop, 50);
  assert_true(s.drains > before); /* nobody is waited for any more */
  assert_int_equal(bridge_hosts_send(s.hosts, span_of("{}")), 0);
  loopback_close(&two, false);
}

static void test_bridge_hosts__a_new_owner_gets_the_turn_going(void **state)
{
  (void)state;
  struct loopback_client c;
  upgrade(&c, "?agent_bridge_token=s3cret");
  send_frame(&c, "claim");
  loopback_wait(s.loop, heard_something, NULL);
  assert_int_equal(s.drains, 0);
  bridge_hosts_own(s.hosts, s.last);
  assert_int_equal(s.drains, 0); /* not from inside */
  loopback_run_ms(s.loop, 30);
  assert_int_equal(s.drains, 1);
  loopback_close(&c, false);
}

static void answer_frame(void *who, struct bridge_host *host, struct span text)
{
  (void)who, (void)text;
  bridge_host_send(host, SPAN_LITERAL("{\"answer\":1}"));
}

static void test_bridge_hosts__who_speaks_before_the_hello_gets_it_first(void **state)
{
  (void)state;
  struct loopback_client c;
  s.on_frame = answer_frame;
  upgrade(&c, "?agent_bridge_token=s3cret");
  send_frame(&c, "at once");
  loopback_wait_text(&c, "answer");
  const char *hello = strstr(buf_cstring(&c.got), "hello");
  assert_non_null(hello);
  assert_true(hello < strstr(buf_cstring(&c.got), "answer"));
  loopback_run_ms(s.loop, 2 * LIMIT_BRIDGE_HELLO_MS);
  assert_null(strstr(hello + 1, "hello"));
  loopback_close(&c, false);
}

static void test_bridge_hosts__who_has_no_token_takes_nobodys_place(void **state)
{
  (void)state;
  struct loopback_client strangers[LIMIT_BRIDGE_SOCKETS], c;
  for (size_t i = 0; i < LIMIT_BRIDGE_SOCKETS; i++) /* none answers our close */
    upgrade(&strangers[i], "?agent_bridge_token=guess");
  upgrade(&c, "?agent_bridge_token=s3cret");
  loopback_wait_text(&c, "hello");
  for (size_t i = 0; i < LIMIT_BRIDGE_SOCKETS; i++)
    loopback_close(&strangers[i], true);
  loopback_close(&c, false);
}

static bool are_closed(void *who)
{
  (void)who;
  return s.closed > 0;
}

static void test_bridge_hosts__all_are_closed_once(void **state)
{
  (void)state;
  struct loopback_client c;
  upgrade(&c, "?agent_bridge_token=s3cret");
  loopback_wait_text(&c, "hello");
  bridge_hosts_close(s.hosts, 1000, "bye", on_closed);
  assert_int_equal(s.closed, 0);
  loopback_wait_text(&c, "bye");
  loopback_close(&c, false);
  loopback_wait(s.loop, are_closed, NULL);
  loopback_run_ms(s.loop, 30);
  assert_int_equal(s.closed, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bridge_hosts__the_token_is_taken_from_the_query),
      T(test_bridge_hosts__a_wrong_token_is_let_through_and_closed),
      T(test_bridge_hosts__only_the_owner_hears_the_stream),
      T(test_bridge_hosts__a_new_owner_gets_the_turn_going),
      T(test_bridge_hosts__who_speaks_before_the_hello_gets_it_first),
      T(test_bridge_hosts__who_has_no_token_takes_nobodys_place),
      T(test_bridge_hosts__all_are_closed_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
