/* SPDX-License-Identifier: MIT */
#include "door/http/code_request.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fault f;

static int read_request(const char *text, struct code_request *r)
{
  struct buf body = buf_make(MIB);
  buf_add_text(&body, text);
  f = (struct fault){0};
  return code_request_read(&body, r, &f);
}

static void expect_fault(const char *text, enum fault_kind kind, const char *words)
{
  struct code_request r;
  assert_int_equal(read_request(text, &r), -1);
  assert_int_equal(f.kind, kind);
  if (!strstr(f.text, words))
    fail_msg("\"%s\" instead of \"%s\"", f.text, words);
  code_request_free(&r);
}

static void expect_request(const char *text, enum callback_shape shape, const char *url,
                           const char *run_id, const char *code, unsigned timeout_ms)
{
  struct code_request r;
  assert_int_equal(read_request(text, &r), 0);
  assert_int_equal(r.callback.shape, shape);
  assert_true(span_is(r.callback.url, url));
  assert_true(span_is(r.callback.secret, "s"));
  assert_true(span_is(r.callback.run_id, run_id));
  assert_true(span_is(r.task_id, "t"));
  assert_true(span_is(r.code, code));
  assert_int_equal(r.timeout_ms, timeout_ms);
  code_request_free(&r);
}

static void test_code_request__the_callback_tells_the_shapes_apart(void **state)
{
  (void)state;
  expect_request("{\"taskId\":\"t\",\"code\":\"a\\n\",\"callback\":{\"baseUrl\":\"u\","
                 "\"authToken\":\"s\"},\"more\":[1]}",
                 CALLBACK_BASE, "u", "t", "a\n", 300000);
  expect_request("{\"taskId\":\"t\",\"code\":\"\",\"timeoutMs\":1,\"callback\":{"
                 "\"convexUrl\":\"u\",\"internalSecret\":\"s\",\"url\":null}}",
                 CALLBACK_CONVEX, "u", "t", "", 1);
  expect_request("{\"runId\":\"r\",\"taskId\":\"t\",\"code\":\" \",\"timeoutMs\":null,"
                 "\"callback\":{\"url\":\"u\",\"internalSecret\":\"s\"}}",
                 CALLBACK_URL, "u", "r", " ", 30000);
}

static void test_code_request__invalid_bytes_are_repaired(void **state)
{
  (void)state;
  expect_request("{\"taskId\":\"t\",\"code\":\"\xff\",\"callback\":{\"baseUrl\":\"u\","
                 "\"authToken\":\"s\"}}",
                 CALLBACK_BASE, "u", "t", "\xef\xbf\xbd", 300000);
}

static void test_code_request__names_what_is_missing(void **state)
{
  (void)state;
  expect_fault("", FAULT_BAD_INPUT, "Invalid JSON body");
  expect_fault("{\"a\":1,}", FAULT_BAD_INPUT, "Invalid JSON body");
  expect_fault("{\"a\":1,\"a\":2}", FAULT_BAD_INPUT, "Invalid JSON body");
  expect_fault("[]", FAULT_BAD_INPUT, "callback.baseUrl, callback.convexUrl or callback");
  expect_fault("{\"callback\":\"u\"}", FAULT_BAD_INPUT,
               "callback.baseUrl, callback.conv");
  expect_fault("{\"callback\":{\"baseUrl\":\"u\",\"url\":\"v\"}}", FAULT_BAD_INPUT,
               "callback has both baseUrl and url: it must have one");
  static const char *const bad[] = {
      "\"code\":\"\",\"callback\":{\"baseUrl\":\"u\",\"authToken\":\"s\"}",
      "\"taskId\":\"t\",\"callback\":{\"baseUrl\":\"u\",\"authToken\":\"s\"}",
      "\"taskId\":1,\"code\":\"\",\"callback\":{\"baseUrl\":\"u\",\"authToken\":\"s\"}",
      "\"taskId\":\"t\",\"code\":1,\"callback\":{\"baseUrl\":\"u\",\"authToken\":\"s\"}",
      "\"taskId\":\"t\",\"code\":\"\",\"callback\":{\"baseUrl\":1,\"authToken\":\"s\"}",
      "\"taskId\":\"t\",\"code\":\"\",\"callback\":{\"baseUrl\":\"u\"}",
      ("\"taskId\":\"t\",\"code\":\"\",\"callback\":{\"baseUrl\":\"u\","
       "\"authToken\":\"\"}"),
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[300];
    snprintf(text, sizeof text, "{%s}", bad[i]);
    expect_fault(text, FAULT_BAD_INPUT,
                 "Missing required fields: taskId, code, callback.baseUrl, "
                 "callback.authToken");
  }
  expect_fault("{\"taskId\":\"t\",\"code\":\"\",\"callback\":{\"url\":\"u\","
               "\"internalSecret\":\"s\"}}",
               FAULT_BAD_INPUT, "Missing required fields: runId");
}

static void test_code_request__an_empty_secret_is_none(void **state)
{
  (void)state;
  static const char *const secrets[] = {"", ",\"internalSecret\":\"\"",
                                        ",\"internalSecret\":7", ",\"authToken\":\"s\""};
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
    char text[300];
    snprintf(text, sizeof text,
             "{\"runId\":\"r\",\"taskId\":\"t\",\"code\":\"\",\"callback\":{\"url\":"
             "\"u\"%s}}",
             secrets[i]);
    expect_fault(text, FAULT_BUSY, "Runtime callback secret is not configured");
  }
}

static void test_code_request__nothing_in_a_header_or_path_may_end_it(void **state)
{
  (void)state;
  expect_fault("{\"taskId\":\"t\\r\",\"code\":\"\",\"callback\":{\"baseUrl\":\"u\","
               "\"authToken\":\"s\"}}",
               FAULT_BAD_INPUT, "taskId must not contain control characters");
  expect_fault("{\"taskId\":\"t\",\"code\":\"\",\"callback\":{\"baseUrl\":\"u\","
               "\"authToken\":\"s\\n\"}}",
               FAULT_BAD_INPUT, "callback must not contain control characters");
  expect_fault("{\"taskId\":\"t\",\"code\":\"\",\"callback\":{\"baseUrl\":\"u\\u0000\","
               "\"authToken\":\"s\"}}",
               FAULT_BAD_INPUT, "callback must not contain control characters");
}

static void test_code_request__a_timeout_is_a_whole_number_in_its_range(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "0",  "-1", "1.5",  "\"5\"",    "\"90s\"", "true",
      "[]", "{}", "1e99", "21600001", "1e400",   "99999999999999999999"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char text[300];
    snprintf(text, sizeof text,
             "{\"taskId\":\"t\",\"code\":\"\",\"timeoutMs\":%s,\"callback\":{\"baseUrl\":"
             "\"u\",\"authToken\":\"s\"}}",
             bad[i]);
    expect_fault(text, FAULT_BAD_INPUT,
                 "timeoutMs must be a whole number of milliseconds from 1 to 21600000");
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_code_request__the_callback_tells_the_shapes_apart),
      cmocka_unit_test(test_code_request__invalid_bytes_are_repaired),
      cmocka_unit_test(test_code_request__names_what_is_missing),
      cmocka_unit_test(test_code_request__an_empty_secret_is_none),
      cmocka_unit_test(test_code_request__nothing_in_a_header_or_path_may_end_it),
      cmocka_unit_test(test_code_request__a_timeout_is_a_whole_number_in_its_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
