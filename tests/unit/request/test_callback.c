/* SPDX-License-Identifier: MIT */
#include "request/callback.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct callback callback(enum callback_shape shape, const char *url)
{
  return (struct callback){shape, span_of(url), SPAN_LITERAL("s\"1"),
                           SPAN_LITERAL("task 1/é")};
}

static void expect_post(enum callback_shape shape, const char *at,
                        enum callback_kind kind, const char *url, const char *header,
                        const char *body)
{
  struct callback c = callback(shape, at);
  struct callback_post p;
  callback_post_make(&c, kind, SPAN_LITERAL("\"callId\":\"c\""), &p);
  assert_string_equal(buf_cstring(&p.url), url);
  assert_string_equal(buf_cstring(&p.header), header);
  assert_string_equal(buf_cstring(&p.body), body);
  callback_post_free(&p);
}

static void
test_callback__each_shape_has_its_address_its_secret_and_its_body(void **state)
{
  (void)state;
  expect_post(CALLBACK_BASE, "http://h/x//", CALLBACK_TOOL_CALL,
              "http://h/x/internal/runs/task%201%2F%C3%A9/tool-call",
              "authorization: Bearer s\"1", "{\"callId\":\"c\"}");
  expect_post(CALLBACK_BASE, "http://h", CALLBACK_OUTPUT,
              "http://h/internal/runs/task%201%2F%C3%A9/output",
              "authorization: Bearer s\"1", "{\"callId\":\"c\"}");
  expect_post(CALLBACK_URL, "http://h/a?b=/", CALLBACK_TOOL_CALL, "http://h/a?b=/",
              "x-internal-secret: s\"1", "{\"runId\":\"task 1/é\",\"callId\":\"c\"}");
  static const char *const rpc[] = {"handleToolCall", "appendOutput", "completeRun"};
  for (int kind = CALLBACK_TOOL_CALL; kind <= CALLBACK_COMPLETE; kind++) {
    char body[300];
    snprintf(body, sizeof body,
             "{\"path\":\"runtimeCallbacks:%s\",\"format\":\"convex_encoded_json\","
             "\"args\":[{\"internalSecret\":\"s\\\"1\",\"runId\":\"task 1/é\","
             "\"callId\":\"c\"}]}",
             rpc[kind]);
    expect_post(CALLBACK_CONVEX, "http://h/", (enum callback_kind)kind,
                kind == CALLBACK_TOOL_CALL ? "http://h/api/action"
                                           : "http://h/api/mutation",
                "", body);
  }
}

static void test_callback__only_convex_is_told_the_end_and_a_url_no_output(void **state)
{
  (void)state;
  static const bool takes[][3] = {{true, true, false}, {true, true, true}, {true}};
  for (int shape = CALLBACK_BASE; shape <= CALLBACK_URL; shape++)
    for (int kind = 0; kind < 3; kind++) {
      struct callback c = callback((enum callback_shape)shape, "http://h");
      assert_int_equal(callback_takes(&c, (enum callback_kind)kind),
                       takes[shape - CALLBACK_BASE][kind]);
    }
}

static unsigned retry;

static void expect_answer(enum callback_shape shape, int status, const char *body,
                          enum callback_outcome outcome, const char *text)
{
  struct callback c = callback(shape, "http://h");
  struct buf got = buf_make(MIB);
  retry = 7;
  assert_int_equal(callback_read(&c, status, span_of(body), &got, &retry), outcome);
  assert_string_equal(buf_cstring(&got), text);
  buf_free(&got);
}

static void test_callback__a_value_keeps_its_bytes_and_none_is_none(void **state)
{
  (void)state;
  expect_answer(CALLBACK_URL, 200, "{\"ok\":true,\"value\": {\"b\":1.0, \"ok\":false} }",
                CALLBACK_VALUE, "{\"value\":{\"b\":1.0, \"ok\":false}}");
  expect_answer(CALLBACK_BASE, 201, "{\"value\":\"\",\"ok\":true}", CALLBACK_VALUE,
                "{\"value\":\"\"}");
  expect_answer(CALLBACK_BASE, 200, "{\"ok\":true,\"value\":null}", CALLBACK_VALUE,
                "{\"value\":null}");
  expect_answer(CALLBACK_BASE, 200, "{\"ok\":true}", CALLBACK_VALUE, "{}");
  expect_answer(CALLBACK_CONVEX, 200,
                "{\"status\":\"success\",\"value\":{\"ok\":true,\"value\":[1]}}",
                CALLBACK_VALUE, "{\"value\":[1]}");
  expect_answer(CALLBACK_URL, 200, "{\"ok\":true,\"value\":\"\xff\"}", CALLBACK_VALUE,
                "{\"value\":\"\xef\xbf\xbd\"}");
}

static void test_callback__pending_waits_fifty_ms_at_least(void **state)
{
  (void)state;
  static const struct {
    const char *member;
    unsigned ms;
  } rows[] = {{"", 500},
              {",\"retryAfterMs\":1", 50},
              {",\"retryAfterMs\":-3", 50},
              {",\"retryAfterMs\":750.5", 750},
              {",\"retryAfterMs\":\"60\"", 500},
              {",\"retryAfterMs\":1e300", LIMIT_TOOL_MS}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char body[200];
    snprintf(body, sizeof body, "{\"ok\":false,\"kind\":\"pending\"%s}", rows[i].member);
    expect_answer(CALLBACK_URL, 200, body, CALLBACK_PENDING, "");
    assert_int_equal(retry, rows[i].ms);
    snprintf(body, sizeof body,
             "{\"value\":{\"ok\":false,\"kind\":\"pending\"%s},\"status\":\"success\"}",
             rows[i].member);
    expect_answer(CALLBACK_CONVEX, 200, body, CALLBACK_PENDING, "");
    assert_int_equal(retry, rows[i].ms);
  }
}

static void test_callback__what_failed_has_its_words_and_denied_its_mark(void **state)
{
  (void)state;
  expect_answer(CALLBACK_URL, 200, "{\"ok\":false,\"kind\":\"failed\",\"error\":\"no\"}",
                CALLBACK_FAILED, "no");
  expect_answer(CALLBACK_URL, 200, "{\"ok\":false,\"kind\":\"denied\",\"error\":\"no\"}",
                CALLBACK_FAILED, "APPROVAL_DENIED:no");
  expect_answer(CALLBACK_BASE, 200, "{\"ok\":false,\"denied\":true,\"error\":\"no\"}",
                CALLBACK_FAILED, "APPROVAL_DENIED:no");
  expect_answer(CALLBACK_BASE, 200, "{\"ok\":false,\"error\":\"\"}", CALLBACK_FAILED,
                "Tool call failed without an error message");
  expect_answer(CALLBACK_BASE, 500, "{\"ok\":true,\"value\":1}", CALLBACK_FAILED,
                "Tool callback failed (500): {\"ok\":true,\"value\":1}");
  expect_answer(CALLBACK_CONVEX, 200,
                "{\"status\":\"error\",\"errorMessage\":\"Unauthorized\"}",
                CALLBACK_FAILED, "Tool callback failed (200): Unauthorized");
  static const char *const odd[] = {"",
                                    "no",
                                    "[]",
                                    "{}",
                                    "1",
                                    "null",
                                    "{\"ok\":1}",
                                    "{\"ok\":null}",
                                    "{",
                                    "\"\"",
                                    "{\"status\":\"success\"}",
                                    "{\"status\":\"success\",\"value\":1}"};
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    for (int shape = CALLBACK_BASE; shape <= CALLBACK_URL; shape++)
      expect_answer((enum callback_shape)shape, 200, odd[i], CALLBACK_FAILED,
                    "Tool callback returned invalid result payload");
}

static void test_callback__the_end_is_taken_only_if_the_host_says_so(void **state)
{
  (void)state;
  struct callback c = callback(CALLBACK_CONVEX, "http://h");
  struct span good = SPAN_LITERAL("{\"status\":\"success\",\"value\":{\"ok\":true}}");
  assert_true(callback_was_taken(&c, 200, good));
  assert_false(callback_was_taken(&c, 500, good));
  assert_false(callback_was_taken(&c, 200, SPAN_LITERAL("{\"status\":\"error\"}")));
  assert_false(callback_was_taken(&c, 200, SPAN_LITERAL("<html>")));
  c = callback(CALLBACK_BASE, "http://h");
  assert_true(callback_was_taken(&c, 204, SPAN_LITERAL("")));
  assert_false(callback_was_taken(&c, 404, SPAN_LITERAL("")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_callback__each_shape_has_its_address_its_secret_and_its_body),
      cmocka_unit_test(test_callback__only_convex_is_told_the_end_and_a_url_no_output),
      cmocka_unit_test(test_callback__a_value_keeps_its_bytes_and_none_is_none),
      cmocka_unit_test(test_callback__pending_waits_fifty_ms_at_least),
      cmocka_unit_test(test_callback__what_failed_has_its_words_and_denied_its_mark),
      cmocka_unit_test(test_callback__the_end_is_taken_only_if_the_host_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
