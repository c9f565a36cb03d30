/* SPDX-License-Identifier: MIT */
#include "door/gateway/gateway_response.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct gateway_response good(const char *text)
{
  struct gateway_response r;
  struct fault f = {0};
  if (gateway_response_read(span_of(text), SPAN_LITERAL("i"), 8, &r, &f) < 0)
    fail_msg("%s: %s", text, f.text);
  return r;
}

static void bad(const char *text, const char *why)
{
  struct gateway_response r;
  struct fault f = {0};
  if (gateway_response_read(span_of(text), SPAN_LITERAL("i"), 8, &r, &f) == 0)
    fail_msg("%s was taken", text);
  if (!strstr(f.text, why))
    fail_msg("%s: %s", text, f.text);
  gateway_response_free(&r);
}

static void test_gateway_response__status_headers_and_body_become_the_answer(void **state)
{
  (void)state;
  struct gateway_response r = good(
      "{\"id\":\"i\",\"status\":201,\"headers\":{\"content-type\":\"a/b\",\"n\":1,"
      "\"Content-Length\":\"5\",\"ETag\":\"\\\"x\\\"\",\"Transfer-Encoding\":\"gzip\","
      "\"connection\":\"close\"},\"body\":\"caf\\u00e9\",\"completedAt\":\"now\"}");
  assert_int_equal(r.answer.status, 201);
  assert_int_equal(r.answer.header_count, 2);
  assert_true(span_is(r.answer.headers[0].name, "content-type"));
  assert_true(span_is(r.answer.headers[0].value, "a/b"));
  assert_true(span_is(r.answer.headers[1].value, "\"x\""));
  assert_true(span_is(r.body, "caf\xc3\xa9"));
  gateway_response_free(&r);
}

static void test_gateway_response__what_may_be_missing_is(void **state)
{
  (void)state;
  struct gateway_response r = good("{\"body\":\"\"}");
  assert_int_equal(r.answer.status, 200);
  assert_int_equal(r.answer.header_count, 0);
  assert_int_equal(r.body.len, 0);
  gateway_response_free(&r);
  r = good("{\"body\":\"x\",\"status\":\"500\",\"headers\":7,\"bodyEncoding\":\"utf8\"}");
  assert_int_equal(r.answer.status, 200);
  gateway_response_free(&r);
}

static void test_gateway_response__an_indeterminate_outcome_is_a_409(void **state)
{
  (void)state;
  struct gateway_response r = good("{\"status\":504,\"body\":\"x\",\"headers\":"
                                   "{\"x-paperclip-bridge-outcome\":\"indeterminate\"}}");
  assert_int_equal(r.answer.status, 409);
  assert_int_equal(r.answer.header_count, 1);
  gateway_response_free(&r);
}

static void test_gateway_response__base64_is_taken_strictly(void **state)
{
  (void)state;
  struct gateway_response r = good("{\"body\":\"AAH/\",\"bodyEncoding\":\"base64\"}");
  assert_int_equal(r.body.len, 3);
  assert_memory_equal(r.body.at, "\0\x01\xff", 3);
  gateway_response_free(&r);
  bad("{\"body\":\"AAH\",\"bodyEncoding\":\"base64\"}", "Invalid bridge base64 body.");
  bad("{\"body\":\"AB==\",\"bodyEncoding\":\"base64\"}", "Invalid bridge base64 body.");
  bad("{\"body\":\"AA H\",\"bodyEncoding\":\"base64\"}", "Invalid bridge base64 body.");
  bad("{\"body\":\"AA==\",\"bodyEncoding\":\"hex\"}",
      "Unsupported bridge body encoding.");
  bad("{\"body\":\"AA==\",\"bodyEncoding\":null}", "Unsupported bridge body encoding.");
}

static void test_gateway_response__a_body_has_its_limit_in_each_form(void **state)
{
  (void)state;
  struct gateway_response r = good("{\"body\":\"12345678\"}");
  gateway_response_free(&r);
  r = good("{\"body\":\"MTIzNDU2Nzg=\",\"bodyEncoding\":\"base64\"}");
  gateway_response_free(&r);
  bad("{\"body\":\"123456789\"}", "exceeded the configured size limit");
  bad("{\"body\":\"MTIzNDU2Nzg5\",\"bodyEncoding\":\"base64\"}",
      "exceeded the configured size limit");
  bad("{\"body\":\"MTIzNDU2Nzg5MDEy\",\"bodyEncoding\":\"base64\"}",
      "exceeded the configured size limit");
  bad("{\"body\":\"\\ud83d\\ud83d\\ud83d\"}", "exceeded the configured size limit");
}

static void test_gateway_response__refuses_what_no_answer_can_be_made_of(void **state)
{
  (void)state;
  bad("", "malformed");
  bad("{\"body\":", "malformed");
  bad("\xff", "UTF-8");
  bad("null", "no object");
  bad("[]", "no object");
  bad("{}", "Invalid bridge body.");
  bad("{\"body\":{}}", "Invalid bridge body.");
  bad("{\"body\":\"\",\"id\":\"j\"}", "another request's");
  bad("{\"body\":\"\",\"id\":1}", "another request's");
  bad("{\"body\":\"\",\"status\":199}", "Invalid bridge status.");
  bad("{\"body\":\"\",\"status\":600}", "Invalid bridge status.");
  bad("{\"body\":\"\",\"status\":200.5}", "Invalid bridge status.");
  bad("{\"body\":\"\",\"headers\":{\"a b\":\"c\"}}", "invalid header");
  bad("{\"body\":\"\",\"headers\":{\"\":\"c\"}}", "invalid header");
  bad("{\"body\":\"\",\"headers\":{\"a\":\"b\\r\\nc: d\"}}", "invalid header");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gateway_response__status_headers_and_body_become_the_answer),
      cmocka_unit_test(test_gateway_response__what_may_be_missing_is),
      cmocka_unit_test(test_gateway_response__an_indeterminate_outcome_is_a_409),
      cmocka_unit_test(test_gateway_response__base64_is_taken_strictly),
      cmocka_unit_test(test_gateway_response__a_body_has_its_limit_in_each_form),
      cmocka_unit_test(test_gateway_response__refuses_what_no_answer_can_be_made_of),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
