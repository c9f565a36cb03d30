/* SPDX-License-Identifier: MIT */
#include "door/http/answer.h"

#include "http/http_server.h"
#include "loopback.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void on_request(void *who, struct http_exchange *x)
{
  (void)who;
  struct fault f = {0};
  struct span target = http_exchange_request(x)->target;
  if (span_is(target, "/denied"))
    fault_set(&f, FAULT_DENIED, "unauthorized");
  else if (span_is(target, "/busy"))
    fault_set(&f, FAULT_BUSY, "later");
  if (f.kind)
    answer_fault(x, &f);
  else
    answer_text(x, 200, NULL, SPAN_LITERAL("ok"));
}

static void test_answer__says_what_the_status_needs(void **state)
{
  (void)state;
  uv_loop_t loop;
  struct loopback_client c;
  struct fault f = {0};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&loop);
  struct http_server_setup setup = {
      .limits = {1000, 10, 1000}, .connections = 4, .on_request = on_request};
  struct http_server *s = http_server_open(&loop, "127.0.0.1", 0, &setup, &f);
  loopback_connect(&c, &loop, http_server_port(s));
  loopback_send(&c, "GET /denied HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  loopback_wait_text(&c, "unauthorized");
  assert_non_null(strstr(c.got.at, "HTTP/1.1 401 "));
  assert_non_null(strstr(c.got.at, "www-authenticate: Bearer\r\n"));
  assert_non_null(strstr(c.got.at, "content-type: text/plain\r\n"));
  buf_clear(&c.got);
  loopback_send(&c, "GET /busy HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  loopback_wait_text(&c, "later");
  assert_non_null(strstr(c.got.at, "HTTP/1.1 503 "));
  assert_non_null(strstr(c.got.at, "retry-after: 1\r\n"));
  buf_clear(&c.got);
  loopback_send(&c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
  loopback_wait_text(&c, "\r\n\r\nok");
  assert_null(strstr(c.got.at, "content-type"));
  assert_null(strstr(c.got.at, "retry-after"));
  loopback_close(&c, false);
  http_server_close(s, NULL, NULL);
  loopback_loop_close(&loop);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_answer__says_what_the_status_needs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
