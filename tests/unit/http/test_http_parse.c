/* SPDX-License-Identifier: MIT */
#include "http/http_parse.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct http_parse_limits roomy = {16 * KIB, 100, 32 * MIB};

/* Feeds what `at` still has in pieces of `step` until a request is whole, refused, or the
 * text is used up.  Each piece is a heap block of exact size, so that a sanitizer sees a
 * read past it. */
static void feed(struct http_parse *p, struct span *text, size_t step)
{
  for (;;) {
    size_t n = text->len < step ? text->len : step;
    char *own = malloc(n > 0 ? n : 1);
    if (n > 0)
      memcpy(own, text->at, n);
    size_t used = http_parse_add(p, (struct span){own, n});
    free(own);
    *text = span_after(*text, used);
    enum http_parse_state state = http_parse_state(p);
    if (state == HTTP_PARSE_DONE || state == HTTP_PARSE_FAILED || (n == 0 && used == 0))
      return;
  }
}

static void expect_status(const char *text, const struct http_parse_limits *limits,
                          int status)
{
  for (size_t step = 1; step <= strlen(text); step++) {
    struct http_parse *p = http_parse_new(limits);
    struct span rest = span_of(text);
    feed(p, &rest, step);
    if (http_parse_state(p) != HTTP_PARSE_FAILED || http_parse_status(p) != status)
      fail_msg("state %d, status %d instead of %d with pieces of %zu: %s",
               (int)http_parse_state(p), http_parse_status(p), status, step, text);
    assert_non_null(http_parse_reason(p));
    assert_int_equal(http_parse_add(p, SPAN_LITERAL("GET / HTTP/1.1\r\n")), 0);
    http_parse_free(p);
  }
}

/* One request, any pieces; the body must be `body`. */
static struct http_parse *parse(const char *text, size_t step, const char *body)
{
  struct http_parse *p = http_parse_new(&roomy);
  struct span rest = span_of(text);
  feed(p, &rest, step);
  assert_int_equal(http_parse_state(p), HTTP_PARSE_DONE);
  assert_int_equal(rest.len, 0);
  struct buf got = http_parse_body(p);
  assert_string_equal(buf_cstring(&got), body);
  buf_free(&got);
  return p;
}

static void test_http_parse__reads_the_same_request_however_it_is_cut(void **state)
{
  (void)state;
  const char *text = "\r\nPOST /run?x=1 HTTP/1.1\r\nhOsT:  a.example \t\r\nX-Empty:\r\n"
                     "Accept: a\r\nACCEPT: b\r\nContent-Length: 5\r\n\r\nhello";
  for (size_t step = 1; step <= strlen(text); step++) {
    struct http_parse *p = parse(text, step, "hello");
    const struct http_request *r = http_parse_request(p);
    assert_true(span_is(r->method, "POST") && span_is(r->target, "/run?x=1"));
    assert_int_equal(r->header_count, 5);
    assert_true(span_is(r->headers[0].name, "hOsT"));
    assert_true(span_is(http_request_header(r, "HOST"), "a.example"));
    assert_int_equal(http_request_header(r, "x-empty").len, 0);
    assert_int_equal(http_request_header_count(r, "x-empty"), 1);
    assert_true(span_is(http_request_header(r, "accept"), "a"));
    assert_int_equal(http_request_header_count(r, "accept"), 2);
    struct buf joined = buf_make(KIB);
    assert_true(span_starts(http_request_header_list(r, "accept", &joined), "a, "));
    buf_clear(&joined);
    assert_true(span_is(http_request_header_list(r, "HOST", &joined), "a.example"));
    assert_int_equal(http_request_header_list(r, "absent", &joined).len, 0);
    assert_int_equal(joined.len, 0);
    buf_free(&joined);
    assert_int_equal(http_request_header(r, "absent").len, 0);
    assert_true(r->keep_alive && !r->expects_continue && !r->upgrade && r->minor == 1);
    http_parse_free(p);
  }
}

static void test_http_parse__joins_a_chunked_body_and_drops_trailers(void **state)
{
  (void)state;
  const char *text = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
                     "3;ext=\"v\"\r\nabc\r\n00\r\nAuthorization: late\r\n\r\n";
  for (size_t step = 1; step <= strlen(text); step++) {
    struct http_parse *p = parse(text, step, "abc");
    assert_int_equal(http_request_header_count(http_parse_request(p), "authorization"),
                     0);
    http_parse_free(p);
  }
}

static void test_http_parse__stops_after_the_head_and_after_each_request(void **state)
{
  (void)state;
  struct http_parse *p = http_parse_new(&roomy);
  struct span rest =
      SPAN_LITERAL("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"
                   "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
                   "GET /3 HTTP/1.0\r\n\r\n");
  rest = span_after(rest, http_parse_add(p, rest));
  assert_int_equal(http_parse_state(p), HTTP_PARSE_BODY);
  assert_true(span_starts(rest, "abGET /2"));
  assert_true(span_is(http_parse_request(p)->target, "/1"));
  for (int i = 1; i <= 3; i++) {
    feed(p, &rest, SIZE_MAX);
    assert_int_equal(http_parse_state(p), HTTP_PARSE_DONE);
    assert_int_equal(http_parse_request(p)->target.at[1], '0' + i);
    assert_int_equal(http_parse_request(p)->keep_alive, i < 3);
    assert_int_equal(http_parse_add(p, rest), 0);
    http_parse_next(p);
    assert_int_equal(http_parse_state(p), HTTP_PARSE_START);
  }
  assert_int_equal(rest.len, 0);
  http_parse_free(p);
}

static void test_http_parse__tells_start_from_head(void **state)
{
  (void)state;
  struct http_parse *p = http_parse_new(&roomy);
  http_parse_add(p, SPAN_LITERAL("\r\n"));
  assert_int_equal(http_parse_state(p), HTTP_PARSE_START);
  http_parse_add(p, SPAN_LITERAL("G"));
  assert_int_equal(http_parse_state(p), HTTP_PARSE_HEAD);
  http_parse_free(p);
}

static void test_http_parse__reads_the_connection_wishes(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool keep_alive, expects_continue, upgrade;
  } rows[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false, false, false},
      {"GET / HTTP/1.0\r\n\r\n", false, false, false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false, false},
      {"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 0\r\n\r\n",
       true, true, false},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", true,
       false, true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct http_parse *p = parse(rows[i].text, 7, "");
    const struct http_request *r = http_parse_request(p);
    assert_int_equal(r->keep_alive, rows[i].keep_alive);
    assert_int_equal(r->expects_continue, rows[i].expects_continue);
    assert_int_equal(r->upgrade, rows[i].upgrade);
    http_parse_free(p);
  }
}

static void test_http_parse__cuts_an_absolute_target_to_its_path(void **state)
{
  (void)state;
  static const char *const rows[][2] = {{"http://h/mcp?x=1", "/mcp?x=1"},
                                        {"https://H", "/"},
                                        {"/http://h/", "/http://h/"},
                                        {"*", "*"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[100];
    strcpy(text, "OPTIONS ");
    strcat(text, rows[i][0]);
    strcat(text, " HTTP/1.1\r\nHost: h\r\n\r\n");
    struct http_parse *p = parse(text, 5, "");
    assert_true(span_is(http_parse_request(p)->target, rows[i][1]));
    http_parse_free(p);
  }
}

static void test_http_parse__refuses_what_can_be_read_in_two_ways(void **state)
{
  (void)state;
  static const char *const rows[] = {
      "GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET http://x:1/ HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET http://x@evil/ HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET https://xy?x HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\na",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\na",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\na",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
      "1\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nab",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA : c\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
      "FROB / HTTP/1.1\r\nHost: x\r\n\r\n",
      "get / HTTP/1.1\r\nHost: x\r\n\r\n",
      "{\"a\":1}\r\n\r\n",
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    expect_status(rows[i], &roomy, 400);
}

static void test_http_parse__refuses_other_versions(void **state)
{
  (void)state;
  expect_status("GET /\r\n\r\n", &roomy, 400);
  expect_status("GET / HTTP/0.9\r\n\r\n", &roomy, 505);
  expect_status("GET / HTTP/2.0\r\nHost: x\r\n\r\n", &roomy, 505);
  expect_status("GET / HTTP/1.2\r\nHost: x\r\n\r\n", &roomy, 505);
  expect_status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &roomy, 505);
}

static void test_http_parse__holds_the_head_to_its_limits(void **state)
{
  (void)state;
  const char *text = "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n\r\n";
  struct http_parse_limits exact = {strlen(text), 2, 0};
  struct http_parse *p = http_parse_new(&exact);
  struct span rest = span_of(text);
  feed(p, &rest, 1);
  assert_int_equal(http_parse_state(p), HTTP_PARSE_DONE);
  http_parse_free(p);
  struct http_parse_limits less = {strlen(text) - 1, 2, 0}, fewer = {KIB, 1, 0};
  expect_status(text, &less, 431);
  expect_status(text, &fewer, 431);
  struct http_parse_limits blank = {8, 2, 0};
  expect_status("\r\n\r\n\r\n\r\n\r\n\r\n", &blank, 431);
}

static void test_http_parse__refuses_a_long_body_before_it_comes(void **state)
{
  (void)state;
  struct http_parse_limits four = {KIB, 10, 4};
  expect_status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", &four, 413);
  expect_status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
                &four, 413);
  expect_status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n2\r\n",
                &four, 413);
  expect_status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                "chunked\r\n\r\nffffffffffffffff\r\n",
                &four, 413);
  struct http_parse *p = http_parse_new(&four);
  struct span rest =
      SPAN_LITERAL("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n");
  feed(p, &rest, 1);
  assert_int_equal(http_parse_state(p), HTTP_PARSE_DONE);
  assert_true(span_is(buf_span(&http_parse_request(p)->body), "abcd"));
  http_parse_free(p);
}

static void test_http_parse__bounds_what_surrounds_a_body(void **state)
{
  (void)state;
  struct http_parse_limits small = {100, 10, 4};
  struct http_parse *p = http_parse_new(&small);
  struct span head =
      SPAN_LITERAL("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;");
  feed(p, &head, SIZE_MAX);
  size_t taken = 0;
  while (http_parse_state(p) == HTTP_PARSE_BODY && taken < KIB)
    taken += http_parse_add(p, SPAN_LITERAL("aaaaaaaaaa"));
  assert_int_equal(http_parse_status(p), 413);
  assert_true(taken <= 132);
  http_parse_free(p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_http_parse__reads_the_same_request_however_it_is_cut),
      cmocka_unit_test(test_http_parse__joins_a_chunked_body_and_drops_trailers),
      cmocka_unit_test(test_http_parse__stops_after_the_head_and_after_each_request),
      cmocka_unit_test(test_http_parse__tells_start_from_head),
      cmocka_unit_test(test_http_parse__reads_the_connection_wishes),
      cmocka_unit_test(test_http_parse__cuts_an_absolute_target_to_its_path),
      cmocka_unit_test(test_http_parse__refuses_what_can_be_read_in_two_ways),
      cmocka_unit_test(test_http_parse__refuses_other_versions),
      cmocka_unit_test(test_http_parse__holds_the_head_to_its_limits),
      cmocka_unit_test(test_http_parse__refuses_a_long_body_before_it_comes),
      cmocka_unit_test(test_http_parse__bounds_what_surrounds_a_body),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
