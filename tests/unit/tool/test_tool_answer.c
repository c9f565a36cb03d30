/* SPDX-License-Identifier: MIT */
#include "tool/tool_answer.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct tool_answer answer;
static unsigned retry_ms;

static enum tool_outcome read(bool takes_mcp, int status, const char *body,
                              struct buf *text)
{
  struct tool_reply reply = {SPAN_LITERAL("x"), takes_mcp, status, span_of(body), 0};
  retry_ms = 0;
  return tool_answer_read(&reply, &answer, text, &retry_ms);
}

static void expect_result(int status, const char *body, const char *result)
{
  struct buf text = buf_make(MIB);
  assert_int_equal(read(false, status, body, &text), TOOL_RESULT);
  if (!span_is(answer.result, result))
    fail_msg("%.*s instead of %s", (int)answer.result.len, answer.result.at, result);
  buf_free(&text);
}

static void expect_failure(int status, const char *body, const char *failure)
{
  struct buf text = buf_make(MIB);
  assert_int_equal(read(false, status, body, &text), TOOL_FAILED);
  if (!span_is(answer.failure, failure))
    fail_msg("%.*s instead of %s", (int)answer.failure.len, answer.failure.at, failure);
  assert_int_equal(answer.result.len, 0);
  buf_free(&text);
}

static void test_tool_answer__a_result_keeps_its_bytes(void **state)
{
  (void)state;
  expect_result(200, "{\"result\":\"a\\/b\"}", "\"a\\/b\"");
  expect_result(201, " {\"result\": {\"a\":[1, 2.0],\"n\":123456789012345678901} } ",
                "{\"a\":[1, 2.0],\"n\":123456789012345678901}");
  expect_result(200, "{\"result\":null}", "null");
  expect_result(200, "{\"result\":false,\"error\":\"x\"}", "false");
  expect_result(200, "{\"result\":1,\"result\":2}", "2");
  expect_result(200, "{\"pending\":false,\"result\":0}", "0");
}

static void test_tool_answer__failures_have_the_references_words(void **state)
{
  (void)state;
  expect_failure(
      200, "{}",
      "Tool execution failed: remote tool \"x\": malformed orchestrator response");
  expect_failure(
      200, "[1]",
      "Tool execution failed: remote tool \"x\": malformed orchestrator response");
  expect_failure(
      200, "\"result\"",
      "Tool execution failed: remote tool \"x\": malformed orchestrator response");
  expect_failure(
      500, "{\"error\":\"kaboom\"}",
      "Tool execution failed: remote tool \"x\" failed: 500 {\"error\":\"kaboom\"}");
  expect_failure(500, "{\"result\":1}",
                 "Tool execution failed: remote tool \"x\" failed: 500 {\"result\":1}");
  expect_failure(404, "no active run",
                 "Tool execution failed: remote tool \"x\" failed: 404 no active run");
  expect_failure(302, "", "Tool execution failed: remote tool \"x\" failed: 302 ");
}

static void test_tool_answer__what_is_no_json_says_so(void **state)
{
  (void)state;
  struct buf text = buf_make(MIB);
  assert_int_equal(read(false, 200, "<html>", &text), TOOL_FAILED);
  assert_true(span_starts(answer.failure, "Tool execution failed: remote tool \"x\": the "
                                          "orchestrator's answer is not JSON: "));
  assert_int_equal(read(false, 204, "", &text), TOOL_FAILED);
  assert_non_null(strstr(buf_cstring(&text), "it is empty"));
  assert_int_equal(read(false, 200, "{\"result\":1", &text), TOOL_FAILED);
  buf_free(&text);
}

static void test_tool_answer__invalid_utf8_is_repaired(void **state)
{
  (void)state;
  expect_result(200, "{\"result\":\"a\xff\xe2\x82z\"}", "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
  expect_failure(500, "a\xff",
                 "Tool execution failed: remote tool \"x\" failed: 500 a\xef\xbf\xbd");
}

static void expect_pending(int status, const char *body, unsigned header_ms, unsigned ms)
{
  struct buf text = buf_make(MIB);
  struct tool_reply reply = {SPAN_LITERAL("x"), false, status, span_of(body), header_ms};
  assert_int_equal(tool_answer_read(&reply, &answer, &text, &retry_ms), TOOL_PENDING);
  assert_int_equal(retry_ms, ms);
  buf_free(&text);
}

static void test_tool_answer__pending_says_when_to_ask_again(void **state)
{
  (void)state;
  expect_pending(202, "", 0, LIMIT_TOOL_PENDING_MS);
  expect_pending(202, "accepted", 3000, 3000);
  expect_pending(202, "{\"retryAfterMs\":250}", 3000, 250);
  expect_pending(200, "{\"pending\":true}", 0, LIMIT_TOOL_PENDING_MS);
  expect_pending(200, "{\"pending\":true,\"retryAfterMs\":400}", 0, 400);
  expect_pending(200, "{\"pending\":true,\"retryAfterMs\":0}", 0,
                 LIMIT_TOOL_PENDING_MIN_MS);
  expect_pending(200, "{\"pending\":true,\"retryAfterMs\":-5}", 0, LIMIT_TOOL_PENDING_MS);
  expect_failure(
      500, "{\"pending\":true}",
      "Tool execution failed: remote tool \"x\" failed: 500 {\"pending\":true}");
}

static void test_tool_answer__errors_are_for_tools_that_take_mcp(void **state)
{
  (void)state;
  static const char body[] =
      "{\"error\":{\"code\":-32021,\"message\":\"m\", \"data\":{}}}";
  struct buf text = buf_make(MIB);
  assert_int_equal(read(true, 400, body, &text), TOOL_ERROR);
  assert_true(span_is(answer.error, "{\"code\":-32021,\"message\":\"m\", \"data\":{}}"));
  assert_int_equal(read(true, 200, body, &text), TOOL_ERROR);
  assert_int_equal(read(true, 500, body, &text), TOOL_FAILED);
  assert_int_equal(read(false, 400, body, &text), TOOL_FAILED);
  assert_int_equal(read(true, 400, "{\"error\":\"text\"}", &text), TOOL_FAILED);
  assert_int_equal(
      read(true, 400, "{\"error\":{\"code\":\"1\",\"message\":\"m\"}}", &text),
      TOOL_FAILED);
  assert_int_equal(read(true, 400, "{\"error\":{\"code\":1.5,\"message\":\"m\"}}", &text),
                   TOOL_FAILED);
  assert_int_equal(read(true, 400, "{\"error\":{\"code\":1}}", &text), TOOL_FAILED);
  assert_int_equal(
      read(true, 200, "{\"result\":1,\"error\":{\"code\":1,\"message\":\"m\"}}", &text),
      TOOL_RESULT);
  buf_free(&text);
}

static void test_tool_answer__a_failure_without_http_has_the_same_beginning(void **state)
{
  (void)state;
  struct buf text = buf_make(MIB);
  tool_answer_fail(&answer, &text, "why");
  assert_true(span_is(answer.failure, "Tool execution failed: why"));
  buf_free(&text);
}

#define TEST(name) cmocka_unit_test(test_tool_answer__##name)

static void
test_tool_answer__an_error_body_is_cut_at_200_characters_and_not_bytes(void **state)
{
  struct buf body = buf_make(KIB), wanted = buf_make(KIB);
  (void)state;
  buf_add_text(&wanted, "Tool execution failed: remote tool \"x\" failed: 500 ");
  for (int i = 0; i < 300; i++) {
    buf_add_text(&body, i % 2 ? "\xc3\xa4" : "a");
    if (i < 200)
      buf_add_text(&wanted, i % 2 ? "\xc3\xa4" : "a");
  }
  expect_failure(500, buf_cstring(&body), buf_cstring(&wanted));
  buf_free(&body);
  buf_free(&wanted);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_result_keeps_its_bytes),
      TEST(failures_have_the_references_words),
      TEST(what_is_no_json_says_so),
      TEST(invalid_utf8_is_repaired),
      TEST(pending_says_when_to_ask_again),
      TEST(errors_are_for_tools_that_take_mcp),
      TEST(a_failure_without_http_has_the_same_beginning),
      TEST(an_error_body_is_cut_at_200_characters_and_not_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
