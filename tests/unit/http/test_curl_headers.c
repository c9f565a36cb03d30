/* SPDX-License-Identifier: MIT */
#include "http/curl_headers.h"

#include <curl/curl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const char *const *given, const char *const *wanted)
{
  struct fault f = {0};
  struct curl_slist *list = curl_headers_new(given, &f), *at = list;
  for (; *wanted; wanted++, at = at->next) {
    assert_non_null(at);
    assert_string_equal(at->data, *wanted);
  }
  assert_null(at);
  curl_headers_free(list);
}

static void test_curl_headers__are_the_callers_and_no_others(void **state)
{
  (void)state;
  const char *const typed[] = {"content-TYPE: a/b", "X: y", NULL};
  const char *const typed_out[] = {"content-TYPE: a/b", "X: y", "Expect:", NULL};
  const char *const plain[] = {"X: y", NULL};
  const char *const plain_out[] = {"X: y", "Expect:", "Content-Type:", NULL};
  const char *const none_out[] = {"Expect:", "Content-Type:", NULL};
  expect(typed, typed_out);
  expect(plain, plain_out);
  expect(NULL, none_out);
}

static void
test_curl_headers__neighbours_that_curl_does_not_know_are_one_node(void **state)
{
  (void)state;
  const char *const given[] = {"X-a: 1",          "Authorization: Bearer t",
                               "traceparent: 00", "accept: b",
                               "x-c: 2",          NULL};
  const char *const wanted[] = {"X-a: 1\r\nAuthorization: Bearer t\r\ntraceparent: 00",
                                "accept: b",
                                "x-c: 2",
                                "Expect:",
                                "Content-Type:",
                                NULL};
  expect(given, wanted);
}

static void test_curl_headers__a_line_end_is_refused(void **state)
{
  (void)state;
  const char *const bad[] = {"X: y", "A: b\r\nEvil: c", NULL};
  struct fault f = {0};
  assert_null(curl_headers_new(bad, &f));
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
}

static unsigned retry(const char *line)
{
  unsigned ms = 7;
  curl_headers_retry_after(span_of(line), &ms);
  return ms;
}

static void test_curl_headers__retry_after_is_seconds_or_nothing(void **state)
{
  (void)state;
  assert_int_equal(retry("Retry-After: 3\r\n"), 3000);
  assert_int_equal(retry("retry-after:0\r\n"), 0);
  assert_int_equal(retry("Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"), 7);
  assert_int_equal(retry("Retry-After: 86401"), 7);
  assert_int_equal(retry("Retry-Afte: 3"), 7);
  assert_int_equal(retry(""), 7);
}

static void test_curl_headers__the_session_is_the_last_that_was_given(void **state)
{
  (void)state;
  struct buf id = buf_make(100);
  curl_headers_session(span_of("Mcp-Session-Id: a-1 \r\n"), &id);
  curl_headers_session(span_of("Mcp-Session-I: b\r\n"), &id);
  assert_string_equal(buf_cstring(&id), "a-1");
  curl_headers_session(span_of("MCP-SESSION-ID:c\r\n"), &id);
  assert_string_equal(buf_cstring(&id), "c");
  buf_free(&id);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_curl_headers__are_the_callers_and_no_others),
      cmocka_unit_test(
          test_curl_headers__neighbours_that_curl_does_not_know_are_one_node),
      cmocka_unit_test(test_curl_headers__a_line_end_is_refused),
      cmocka_unit_test(test_curl_headers__retry_after_is_seconds_or_nothing),
      cmocka_unit_test(test_curl_headers__the_session_is_the_last_that_was_given),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
