/* SPDX-License-Identifier: MIT */
#include "door/gateway/gateway_request.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UPLOAD "/api/companies/c1/issues/i2/attachments"

struct fixture {
  struct http_header headers[8];
  struct http_request head;
  struct gateway_target target;
  struct buf out;
  struct fault f;
};

static void add_header(struct fixture *d, const char *name, const char *value)
{
  d->headers[d->head.header_count++] =
      (struct http_header){span_of(name), span_of(value)};
}

static struct fixture request(const char *method, const char *target, const char *type)
{
  struct fixture d = {.head = {.method = span_of(method), .target = span_of(target)},
                      .out = buf_make(64 * KIB)};
  assert_int_equal(gateway_target_read(d.head.target, &d.target, &d.f), 0);
  if (type)
    add_header(&d, "Content-Type", type);
  return d;
}

static int put(struct fixture *d, struct span body, size_t most)
{
  d->head.headers = d->headers;
  struct gateway_request r = {.head = &d->head,
                              .target = &d->target,
                              .body = body,
                              .id = SPAN_LITERAL("the-id"),
                              .created_at = SPAN_LITERAL("now"),
                              .max_body_bytes = most};
  return gateway_request_put(&r, &d->out, &d->f);
}

static void finish(struct fixture *d)
{
  gateway_target_free(&d->target);
  buf_free(&d->out);
}

static bool is_fit(const char *method, const char *target, const char *type)
{
  struct fixture d = request(method, target, type);
  d.head.headers = d.headers;
  bool fit = gateway_request_is_fit(&d.head, &d.target);
  finish(&d);
  return fit;
}

static void test_gateway_request__is_the_json_that_the_host_polls_for(void **state)
{
  (void)state;
  struct fixture d = request("POST", "/api/issues/1?x=1", "application/json");
  add_header(&d, "authorization", "Bearer secret");
  add_header(&d, "ACCEPT", "a/b");
  add_header(&d, "accept", "c/\"d\"");
  add_header(&d, "content-type", "another/one");
  add_header(&d, "X-Other", "no");
  add_header(&d, "If-Match", "caf\xe9");
  assert_int_equal(put(&d, SPAN_LITERAL("{\"a\":\"\xc3\xa9\"}"), KIB), 0);
  assert_string_equal(
      buf_cstring(&d.out),
      "{\"id\":\"the-id\",\"method\":\"POST\",\"path\":\"/api/issues/"
      "1\",\"query\":\"?x=1\","
      "\"headers\":{\"accept\":\"a/b, "
      "c/\\\"d\\\"\",\"content-type\":\"application/json\","
      "\"if-match\":\"caf\xc3\xa9\"},\"body\":\"{\\\"a\\\":\\\"\xc3\xa9\\\"}\","
      "\"createdAt\":\"now\"}\n");
  finish(&d);
}

static void test_gateway_request__an_empty_body_is_an_empty_text(void **state)
{
  (void)state;
  struct fixture d = request("GET", "/a", NULL);
  assert_int_equal(put(&d, (struct span){0}, KIB), 0);
  assert_non_null(strstr(buf_cstring(&d.out), "\"headers\":{},\"body\":\"\","));
  finish(&d);
}

static void test_gateway_request__an_uploads_bytes_go_as_base64(void **state)
{
  (void)state;
  struct fixture d = request("POST", UPLOAD, "Multipart/Form-Data; boundary=x");
  assert_int_equal(put(&d, ((struct span){"\xff\0\x01", 3}), 3), 0);
  assert_non_null(
      strstr(buf_cstring(&d.out), "\"body\":\"/wAB\",\"bodyEncoding\":\"base64\""));
  finish(&d);
}

static void
test_gateway_request__a_text_that_is_none_is_repaired_within_the_limit(void **state)
{
  (void)state;
  struct fixture d = request("PUT", "/a", "text/json");
  assert_int_equal(put(&d, SPAN_LITERAL("a\xff"), 4), 0);
  assert_non_null(strstr(buf_cstring(&d.out), "\"body\":\"a\xef\xbf\xbd\""));
  finish(&d);
  d = request("PUT", "/a", "text/json");
  assert_int_equal(put(&d, SPAN_LITERAL("a\xff"), 3), -1);
  assert_int_equal(d.f.kind, FAULT_TOO_BIG);
  finish(&d);
}

static void test_gateway_request__only_json_and_uploads_have_a_body(void **state)
{
  (void)state;
  assert_true(is_fit("GET", "/a", "text/plain"));
  assert_true(is_fit("HEAD", "/a", NULL));
  assert_true(is_fit("POST", "/a", "application/vnd.api+JSON; charset=utf-8"));
  assert_false(is_fit("POST", "/a", "text/plain"));
  assert_false(is_fit("DELETE", "/a", NULL));
  assert_false(is_fit("POST", "/a", "multipart/form-data; boundary=x"));
  assert_true(is_fit("POST", UPLOAD, "multipart/form-data"));
  assert_true(is_fit("POST", UPLOAD "?x=y", "multipart/form-data;boundary=x"));
  assert_false(is_fit("PUT", UPLOAD, "multipart/form-data"));
  assert_false(is_fit("POST", UPLOAD, "multipart/form-data2"));
  assert_false(is_fit("POST", UPLOAD "/x", "multipart/form-data"));
  assert_false(
      is_fit("POST", "/api/companies//issues/i/attachments", "multipart/form-data"));
  assert_false(
      is_fit("POST", "/api/companies/c/x/issues/i/attachments", "multipart/form-data"));
}

static void test_gateway_request__what_changes_nothing_may_be_sent_again(void **state)
{
  (void)state;
  static const char *const safe[] = {"GET", "HEAD", "OPTIONS", "TRACE"},
                           *const unsafe[] = {"POST", "PUT", "PATCH", "DELETE", "get"};
  for (size_t i = 0; i < 4; i++)
    assert_true(
        gateway_request_is_safe(&(struct http_request){.method = span_of(safe[i])}));
  for (size_t i = 0; i < 5; i++)
    assert_false(
        gateway_request_is_safe(&(struct http_request){.method = span_of(unsafe[i])}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gateway_request__is_the_json_that_the_host_polls_for),
      cmocka_unit_test(test_gateway_request__an_empty_body_is_an_empty_text),
      cmocka_unit_test(test_gateway_request__an_uploads_bytes_go_as_base64),
      cmocka_unit_test(
          test_gateway_request__a_text_that_is_none_is_repaired_within_the_limit),
      cmocka_unit_test(test_gateway_request__only_json_and_uploads_have_a_body),
      cmocka_unit_test(test_gateway_request__what_changes_nothing_may_be_sent_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
