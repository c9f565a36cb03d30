/* SPDX-License-Identifier: MIT */
#include "http/ws_handshake.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

static struct ws_handshake check(const char *request)
{
  struct http_parse_limits limits = {4 * KIB, 20, KIB};
  struct http_parse *p = http_parse_new(&limits);
  struct span bytes = span_of(request);
  while (http_parse_state(p) != HTTP_PARSE_DONE) {
    assert_int_not_equal(http_parse_state(p), HTTP_PARSE_FAILED);
    bytes = span_after(bytes, http_parse_add(p, bytes));
  }
  struct ws_handshake h = ws_handshake_check(http_parse_request(p));
  http_parse_free(p);
  return h;
}

static void test_ws_handshake__gives_the_accept_of_the_rfc(void **state)
{
  (void)state;
  struct ws_handshake h = check("GET /chat HTTP/1.1\r\n" UPGRADE KEY VERSION "\r\n");
  assert_int_equal(h.status, 101);
  assert_string_equal(h.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void test_ws_handshake__takes_lists_in_any_case_and_ignores_offers(void **state)
{
  (void)state;
  struct ws_handshake h =
      check("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c , WebSocket\r\n"
            "Connection: keep-alive, upgrade\r\n" KEY VERSION
            "Sec-WebSocket-Extensions: permessage-deflate\r\n"
            "Sec-WebSocket-Protocol: chat\r\n\r\n");
  assert_int_equal(h.status, 101);
}

static void expect(const char *request, int status, const char *name, const char *value)
{
  struct ws_handshake h = check(request);
  assert_int_equal(h.status, status);
  assert_non_null(h.reason);
  assert_true(span_is(h.header.name, name));
  assert_true(span_is(h.header.value, value));
}

static void test_ws_handshake__refuses_what_is_no_upgrade(void **state)
{
  (void)state;
  expect("POST / HTTP/1.1\r\n" UPGRADE KEY VERSION "Content-Length: 0\r\n\r\n", 405,
         "allow", "GET");
  expect("GET / HTTP/1.1\r\nHost: x\r\n" KEY VERSION "\r\n", 426, "upgrade", "websocket");
  expect("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n" KEY VERSION "\r\n", 426,
         "upgrade", "websocket");
  expect(
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n" KEY VERSION
      "\r\n",
      426, "upgrade", "websocket");
  expect("GET / HTTP/1.0\r\n" UPGRADE KEY VERSION "\r\n", 426, "upgrade", "websocket");
}

static void test_ws_handshake__names_the_version_that_it_speaks(void **state)
{
  (void)state;
  expect("GET / HTTP/1.1\r\n" UPGRADE KEY "\r\n", 426, "sec-websocket-version", "13");
  expect("GET / HTTP/1.1\r\n" UPGRADE KEY "Sec-WebSocket-Version: 8\r\n\r\n", 426,
         "sec-websocket-version", "13");
  expect("GET / HTTP/1.1\r\n" UPGRADE KEY VERSION "Sec-WebSocket-Version: 8\r\n\r\n", 426,
         "sec-websocket-version", "13");
}

static void test_ws_handshake__refuses_a_key_that_is_none(void **state)
{
  (void)state;
  expect("GET / HTTP/1.1\r\n" UPGRADE VERSION "\r\n", 400, "", "");
  expect("GET / HTTP/1.1\r\n" UPGRADE VERSION "Sec-WebSocket-Key:\r\n\r\n", 400, "", "");
  expect("GET / HTTP/1.1\r\n" UPGRADE VERSION KEY KEY "\r\n", 400, "", "");
  expect("GET / HTTP/1.1\r\n" UPGRADE VERSION "Sec-WebSocket-Key: c2hvcnQ=\r\n\r\n", 400,
         "", "");
  expect("GET / HTTP/1.1\r\n" UPGRADE VERSION
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSBsb25n\r\n\r\n",
         400, "", "");
  expect("GET / HTTP/1.1\r\n" UPGRADE VERSION
         "Sec-WebSocket-Key: !Ghl*HNhbXBsZSBub25jZQ==\r\n\r\n",
         400, "", "");
}

static void test_ws_handshake__refuses_a_body(void **state)
{
  (void)state;
  expect("GET / HTTP/1.1\r\n" UPGRADE KEY VERSION "Content-Length: 2\r\n\r\nhi", 400, "",
         "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ws_handshake__gives_the_accept_of_the_rfc),
      cmocka_unit_test(test_ws_handshake__takes_lists_in_any_case_and_ignores_offers),
      cmocka_unit_test(test_ws_handshake__refuses_what_is_no_upgrade),
      cmocka_unit_test(test_ws_handshake__names_the_version_that_it_speaks),
      cmocka_unit_test(test_ws_handshake__refuses_a_key_that_is_none),
      cmocka_unit_test(test_ws_handshake__refuses_a_body),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
