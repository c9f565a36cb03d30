/* SPDX-License-Identifier: MIT */
#include "event/event_format.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct formatter made(enum events_format format)
{
  struct events_setup setup = {.run_id = SPAN_LITERAL("r"),
                               .thread_id = SPAN_LITERAL("t"),
                               .model = SPAN_LITERAL("m"),
                               .format = format};
  return formatter_make(&setup);
}

static void expect(struct buf *line, const char *wanted)
{
  assert_string_equal(buf_cstring(line), wanted);
  buf_clear(line);
}

static struct event_usage all_usage(void)
{
  return (struct event_usage){.prompt = 10,
                              .completion = 4,
                              .total = -1,
                              .cached = 3,
                              .cache_write = 2,
                              .reasoning = 1,
                              .cost_usd = SPAN_LITERAL("0.0123")};
}

static void test_format__usage_is_an_object_in_tanstack_form(void **state)
{
  struct formatter f = made(EVENTS_TANSTACK);
  struct buf line = buf_make(MIB);
  struct event_usage usage = all_usage(), unknown = event_usage_none();
  (void)state;
  format_run_finished(&f, &line, 7, "stop", &usage, (struct span){0});
  expect(
      &line,
      "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":7,"
      "\"usage\":{\"promptTokens\":10,\"completionTokens\":4,\"totalTokens\":14,"
      "\"providerUsageDetails\":{\"totalCostUsd\":0.0123},\"promptTokensDetails\":{"
      "\"cachedTokens\":3,\"cacheWriteTokens\":2},\"completionTokensDetails\":{"
      "\"reasoningTokens\":1}},\"metadata\":{\"tanstack\":{\"model\":\"m\","
      "\"finishReason\":\"stop\",\"usage\":{\"providerUsageDetails\":{\"totalCostUsd\":0."
      "0123},\"promptTokensDetails\":{\"cacheWriteTokens\":2}}}}}\n");
  format_run_finished(&f, &line, 7, "length", &unknown, SPAN_LITERAL("\"a\":1"));
  expect(&line, "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\","
                "\"timestamp\":7,\"metadata\":{\"tanstack\":{\"model\":\"m\","
                "\"finishReason\":\"length\"},\"runlet\":{\"a\":1}}}\n");
  buf_free(&line);
  formatter_free(&f);
}

static void test_format__usage_is_an_array_in_ag_ui_form(void **state)
{
  struct formatter f = made(EVENTS_AG_UI);
  struct buf line = buf_make(MIB);
  struct event_usage usage = all_usage();
  (void)state;
  format_run_finished(&f, &line, 7, "stop", &usage, SPAN_LITERAL("\"a\":1"));
  expect(&line,
         "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":7,"
         "\"usage\":[{\"model\":\"m\",\"inputTokens\":10,\"outputTokens\":4,"
         "\"totalTokens\":14,\"cachedInputTokens\":3,\"reasoningTokens\":1}],"
         "\"metadata\":{\"runlet\":{\"finishReason\":\"stop\",\"a\":1}}}\n");
  format_run_finished(&f, &line, 7, "stop", NULL, (struct span){0});
  expect(&line,
         "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":7,"
         "\"metadata\":{\"runlet\":{\"finishReason\":\"stop\"}}}\n");
  buf_free(&line);
  formatter_free(&f);
}

static void test_format__errors_carry_the_certificate(void **state)
{
  struct formatter tanstack = made(EVENTS_TANSTACK), ag_ui = made(EVENTS_AG_UI);
  struct buf line = buf_make(MIB);
  (void)state;
  format_run_error(&tanstack, &line, 7, SPAN_LITERAL("c"), SPAN_LITERAL("m"),
                   SPAN_LITERAL("\"signal\":9"));
  expect(&line,
         "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"code\":\"c\","
         "\"metadata\":{\"tanstack\":{\"model\":\"m\"},\"runlet\":{\"signal\":9}}}\n");
  format_run_error(&ag_ui, &line, 7, (struct span){0}, SPAN_LITERAL("m"),
                   SPAN_LITERAL("\"signal\":9"));
  expect(&line, "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"metadata\":{"
                "\"runlet\":{\"signal\":9}}}\n");
  format_run_error(&ag_ui, &line, 7, (struct span){0}, SPAN_LITERAL("m"),
                   (struct span){0});
  expect(&line, "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\"}\n");
  buf_free(&line);
  formatter_free(&tanstack);
  formatter_free(&ag_ui);
}

static void test_format__ag_ui_tools_have_no_aliases(void **state)
{
  struct formatter f = made(EVENTS_AG_UI);
  struct buf line = buf_make(MIB);
  struct span call = SPAN_LITERAL("\"x\""), id = SPAN_LITERAL("\"r-0\"");
  (void)state;
  format_tool_start(&f, &line, 7, call, SPAN_LITERAL("n"));
  expect(&line, "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"x\",\"toolCallName\":"
                "\"n\",\"timestamp\":7}\n");
  format_tool_end(&f, &line, 7, call, SPAN_LITERAL("n"), SPAN_LITERAL("{}"), 0);
  expect(&line, "{\"type\":\"TOOL_CALL_END\",\"toolCallId\":\"x\",\"timestamp\":7}\n");
  format_tool_result(&f, &line, 7, call, id, SPAN_LITERAL("c"), false, 0);
  expect(&line, "{\"type\":\"TOOL_CALL_RESULT\",\"toolCallId\":\"x\",\"messageId\":\"r-"
                "0\",\"timestamp\":7,\"content\":\"c\"}\n");
  format_tool_result(&f, &line, 7, call, id, SPAN_LITERAL("c"), true, 9);
  expect(&line, "{\"type\":\"TOOL_CALL_RESULT\",\"toolCallId\":\"x\",\"messageId\":\"r-"
                "0\",\"timestamp\":7,\"content\":\"c\",\"metadata\":{\"runlet\":{"
                "\"failed\":true,\"truncated\":{\"bytes\":9}}}}\n");
  buf_free(&line);
  formatter_free(&f);
}

static void test_format__foreign_json_cannot_break_the_line(void **state)
{
  struct formatter f = made(EVENTS_AG_UI);
  struct buf line = buf_make(MIB);
  (void)state;
  format_custom(&f, &line, 7, "n", SPAN_LITERAL("{\n\"a\":\n[\n]}"), 0);
  expect(
      &line,
      "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"n\",\"value\":{ \"a\": [ ]}}\n");
  format_custom(&f, &line, 7, "n", (struct span){0}, 0);
  expect(&line, "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"n\",\"value\":null}\n");
  buf_free(&line);
  formatter_free(&f);
}

static void test_format__no_line_costs_more_than_the_overhead_says(void **state)
{
  struct formatter f = made(EVENTS_TANSTACK);
  struct buf line = buf_make(MIB);
  struct span call = SPAN_LITERAL("\"x\"");
  (void)state;
  format_tool_result(&f, &line, 9007199254740991, call, call, SPAN_LITERAL(""), true,
                     SIZE_MAX / 2);
  assert_true(line.len <= format_overhead(&f) + 2 * call.len);
  buf_clear(&line);
  format_tool_end(&f, &line, 9007199254740991, call, SPAN_LITERAL(""), SPAN_LITERAL("0"),
                  SIZE_MAX / 2);
  assert_true(line.len <= format_overhead(&f) + call.len + 4);
  buf_free(&line);
  formatter_free(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_format__usage_is_an_object_in_tanstack_form),
      cmocka_unit_test(test_format__usage_is_an_array_in_ag_ui_form),
      cmocka_unit_test(test_format__errors_carry_the_certificate),
      cmocka_unit_test(test_format__ag_ui_tools_have_no_aliases),
      cmocka_unit_test(test_format__foreign_json_cannot_break_the_line),
      cmocka_unit_test(test_format__no_line_costs_more_than_the_overhead_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
