/* SPDX-License-Identifier: MIT */
#include "door/http/code_output.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE(stream, line)                                                               \
  "{\"type\":\"CUSTOM\",\"name\":\"code.output\",\"value\":{\"stream\":\"" stream        \
  "\",\"line\":\"" line "\"}}"
#define RESULT(json) "{\"type\":\"CUSTOM\",\"name\":\"code.result\",\"value\":" json "}"
#define TEXT(delta)  "{\"type\":\"TEXT_MESSAGE_CONTENT\",\"delta\":\"" delta "\"}"
#define FINISHED     "{\"type\":\"RUN_FINISHED\"}"

static char told[200];

static void on_line(void *who, const char *stream, struct span line)
{
  (void)who;
  size_t n = strlen(told);
  snprintf(told + n, sizeof told - n, "%s:%.*s|", stream, SPAN_ARG(line));
}

/* Events up to a NULL. */
static void expect(enum callback_shape shape, const char *const *events,
                   const char *answer)
{
  struct code_output o = code_output_make(shape, 1500);
  struct buf got = buf_make(MIB);
  told[0] = 0;
  o.on_line = on_line;
  for (; *events; events++)
    code_output_event(&o, span_of(*events));
  code_output_put(&o, &got);
  assert_string_equal(buf_cstring(&got), answer);
  buf_free(&got);
  code_output_free(&o);
}
#define EXPECT(shape, answer, ...)                                                       \
  expect(shape, (const char *const[]){__VA_ARGS__, NULL}, answer)

static void test_code_output__lines_are_told_as_they_come_and_kept(void **state)
{
  (void)state;
  EXPECT(CALLBACK_BASE,
         "\"status\":\"completed\",\"stdout\":\"a\\n\\nb\\\"\",\"stderr\":\"e\","
         "\"exitCode\":0",
         "{\"type\":\"RUN_STARTED\"}", LINE("stdout", "a"), LINE("stderr", "e"),
         LINE("stdout", ""), LINE("stdout", "b\\\""), FINISHED);
  assert_string_equal(told, "stdout:a|stderr:e|stdout:|stdout:b\"|");
}

static void test_code_output__a_result_has_the_place_of_its_shape(void **state)
{
  (void)state;
  EXPECT(
      CALLBACK_CONVEX,
      "\"status\":\"completed\",\"stdout\":\"result: {\\\"a\\\":1.0}\",\"stderr\":\"\","
      "\"exitCode\":0",
      RESULT("{\"a\":1.0}"), FINISHED);
  assert_string_equal(told, "stdout:result: {\"a\":1.0}|");
  EXPECT(
      CALLBACK_BASE,
      "\"status\":\"completed\",\"stdout\":\"result: x\",\"stderr\":\"\",\"exitCode\":0",
      RESULT("\"x\""), FINISHED);
  EXPECT(CALLBACK_URL, "\"status\":\"completed\",\"result\":{\"a\":1.0},\"exitCode\":0",
         RESULT("{\"a\":1.0}"), LINE("stdout", "a"), FINISHED);
  EXPECT(CALLBACK_URL, "\"status\":\"completed\",\"result\":null,\"exitCode\":0",
         LINE("stdout", "a"), FINISHED);
  EXPECT(CALLBACK_URL, "\"status\":\"completed\",\"result\":\"\",\"exitCode\":0",
         RESULT("\"\""), FINISHED);
}

static void test_code_output__an_agent_s_words_are_lines_and_its_result(void **state)
{
  (void)state;
  EXPECT(CALLBACK_URL,
         "\"status\":\"completed\",\"result\":\"one\\ntwo\\nthree\","
         "\"exitCode\":0",
         TEXT("on"), TEXT("e\\ntwo"), "{\"type\":\"TEXT_MESSAGE_END\"}",
         "{\"type\":\"TOOL_CALL_START\"}", TEXT("three"),
         "{\"type\":\"TEXT_MESSAGE_END\"}", FINISHED);
  assert_string_equal(told, "stdout:one|stdout:two|stdout:three|");
}

static void test_code_output__each_end_has_its_status(void **state)
{
  (void)state;
  EXPECT(CALLBACK_URL, "\"status\":\"failed\",\"exitCode\":3,\"error\":\"boom\"",
         RESULT("1"),
         "{\"type\":\"RUN_ERROR\",\"code\":\"agent-exit\",\"message\":\"boom\","
         "\"metadata\":{\"runlet\":{\"exitCode\":3}}}");
  EXPECT(CALLBACK_URL, "\"status\":\"failed\",\"error\":\"cancelled\"",
         "{\"type\":\"RUN_ERROR\",\"code\":\"cancelled\",\"message\":\"cancelled\"}");
  EXPECT(CALLBACK_URL, "\"status\":\"denied\",\"error\":\"not you\"",
         "{\"type\":\"RUN_ERROR\",\"code\":\"code-failed\",\"message\":"
         "\"APPROVAL_DENIED: not you\",\"metadata\":{\"runlet\":{\"exitCode\":1}}}");
  EXPECT(CALLBACK_URL,
         "\"status\":\"timed_out\",\"error\":\"Execution timed out after "
         "1500ms\"",
         "{\"type\":\"RUN_ERROR\",\"code\":\"run-timeout\",\"message\":\"x\"}");
  EXPECT(CALLBACK_URL, "\"status\":\"failed\"", "{\"type\":\"RUN_STARTED\"}");
}

static void
test_code_output__of_too_much_the_front_is_kept_and_the_rest_counted(void **state)
{
  (void)state;
  struct code_output o = code_output_make(CALLBACK_BASE, 1);
  struct buf event = buf_make(MIB), got = buf_make(MIB);
  buf_add_text(&event,
               "{\"type\":\"CUSTOM\",\"name\":\"code.output\",\"value\":{\"stream\":"
               "\"stdout\",\"line\":\"");
  for (int i = 0; i < 50000; i++)
    buf_add_text(&event, "\xc3\xa9"); /* 100,000 bytes */
  buf_add_text(&event, "\"}}");
  for (int i = 0; i < 4; i++)
    code_output_event(&o, buf_span(&event));
  assert_true(utf8_valid(buf_span(&o.out.kept)));
  assert_true(o.out.kept.len + 3 >= LIMIT_CODE_OUTPUT_BYTES);
  assert_int_equal(o.out.kept.len - 2 + o.out.missing, 400000);
  code_output_put(&o, &got);
  char words[80];
  snprintf(words, sizeof words, "\\n[%llu bytes more were cut]\"", o.out.missing);
  assert_non_null(strstr(buf_cstring(&got), words));
  buf_free(&event);
  buf_free(&got);
  code_output_free(&o);
}

static void test_code_output__a_result_that_is_too_long_is_no_success(void **state)
{
  (void)state;
  EXPECT(CALLBACK_URL,
         "\"status\":\"failed\",\"exitCode\":0,\"error\":\"the result is "
         "longer than 16777216 bytes\"",
         "{\"type\":\"CUSTOM\",\"name\":\"code.result\"}", FINISHED);
}

static void test_code_output__what_could_not_be_read_is_said_on_stderr(void **state)
{
  (void)state;
  EXPECT(CALLBACK_BASE,
         "\"status\":\"completed\",\"stdout\":\"\",\"stderr\":\"runlet: no JSON\","
         "\"exitCode\":0",
         "{\"type\":\"CUSTOM\",\"name\":\"runlet.warning\",\"value\":{\"code\":"
         "\"unparsable-line\",\"message\":\"no JSON\"}}",
         "{\"type\":\"CUSTOM\",\"name\":\"runlet.warning\",\"value\":{\"code\":"
         "\"empty-answer\",\"message\":\"nothing\"}}",
         FINISHED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_code_output__lines_are_told_as_they_come_and_kept),
      cmocka_unit_test(test_code_output__a_result_has_the_place_of_its_shape),
      cmocka_unit_test(test_code_output__an_agent_s_words_are_lines_and_its_result),
      cmocka_unit_test(test_code_output__each_end_has_its_status),
      cmocka_unit_test(
          test_code_output__of_too_much_the_front_is_kept_and_the_rest_counted),
      cmocka_unit_test(test_code_output__a_result_that_is_too_long_is_no_success),
      cmocka_unit_test(test_code_output__what_could_not_be_read_is_said_on_stderr),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
