/* SPDX-License-Identifier: MIT */
#include "event/format_ag_ui.h"

#include "event/event_usage.h"
#include "spelled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(struct event event, const char *wanted)
{
  spelled_expect(&event_format_ag_ui, event, wanted);
}

static void test_ag_ui__usage_is_an_array(void **state)
{
  struct event_usage usage = {.prompt = 10,
                              .completion = 4,
                              .total = -1,
                              .cached = 3,
                              .cache_write = 2,
                              .reasoning = 1,
                              .cost_usd = SPAN_LITERAL("0.0123")};
  (void)state;
  expect((struct event){.kind = EVENT_RUN_FINISHED,
                        .code = SPAN_LITERAL("stop"),
                        .usage = &usage,
                        .json = SPAN_LITERAL("\"a\":1")},
         "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":7,"
         "\"usage\":[{\"model\":\"m\",\"inputTokens\":10,\"outputTokens\":4,"
         "\"totalTokens\":14,\"cachedInputTokens\":3,\"cacheWriteInputTokens\":2,"
         "\"reasoningTokens\":1}],\"metadata\":{\"runlet\":{\"finishReason\":\"stop\","
         "\"totalCostUsd\":0.0123,\"a\":1}}}\n");
  expect((struct event){.kind = EVENT_RUN_FINISHED, .code = SPAN_LITERAL("stop")},
         "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":7,"
         "\"metadata\":{\"runlet\":{\"finishReason\":\"stop\"}}}\n");
}

static void test_ag_ui__errors_carry_the_report_if_there_is_one(void **state)
{
  struct event_usage usage = {
      .prompt = 10, .completion = 4, .total = -1, .session_cost_usd = SPAN_LITERAL("2")};
  (void)state;
  expect(
      (struct event){.kind = EVENT_RUN_ERROR, .text = SPAN_LITERAL("m"), .usage = &usage},
      "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"usage\":[{"
      "\"model\":\"m\",\"inputTokens\":10,\"outputTokens\":4,\"totalTokens\":14}],"
      "\"metadata\":{\"runlet\":{\"sessionCostUsd\":2}}}\n");
  expect((struct event){.kind = EVENT_RUN_ERROR,
                        .text = SPAN_LITERAL("m"),
                        .json = SPAN_LITERAL("\"signal\":9")},
         "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"metadata\":{"
         "\"runlet\":{\"signal\":9}}}\n");
  expect((struct event){.kind = EVENT_RUN_ERROR, .text = SPAN_LITERAL("m")},
         "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\"}\n");
}

static void
test_ag_ui__the_cache_is_inside_the_input_and_the_cost_in_metadata(void **state)
{
  struct event_usage usage = event_usage_none();
  (void)state;
  usage.prompt = 4;
  usage.completion = 50;
  usage.cached = 20000;
  usage.cache_write = 3000;
  usage.cache_apart = true;
  usage.cost_usd = SPAN_LITERAL("0.050");
#define USAGE                                                                            \
  "\"usage\":[{\"model\":\"m\",\"inputTokens\":23004,\"outputTokens\":50,"               \
  "\"totalTokens\":23054,\"cachedInputTokens\":20000,\"cacheWriteInputTokens\":3000}]"
  expect((struct event){.kind = EVENT_RUN_FINISHED,
                        .code = SPAN_LITERAL("stop"),
                        .usage = &usage,
                        .json = SPAN_LITERAL("\"a\":1")},
         "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":"
         "7," USAGE
         ",\"metadata\":{\"runlet\":{\"finishReason\":\"stop\",\"totalCostUsd\":0.050,"
         "\"a\":1}}}\n");
  expect((struct event){.kind = EVENT_RUN_ERROR,
                        .text = SPAN_LITERAL("m"),
                        .usage = &usage,
                        .json = SPAN_LITERAL("\"a\":1")},
         "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\"," USAGE
         ",\"metadata\":{\"runlet\":{\"totalCostUsd\":0.050,\"a\":1}}}\n");
}

static void test_ag_ui__tools_have_no_aliases(void **state)
{
  struct event e = {.kind = EVENT_TOOL_START,
                    .call = SPAN_LITERAL("\"x\""),
                    .id = SPAN_LITERAL("\"r-0\""),
                    .name = SPAN_LITERAL("n"),
                    .text = SPAN_LITERAL("c"),
                    .json = SPAN_LITERAL("{}")};
  (void)state;
  expect(e, "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"x\",\"toolCallName\":"
            "\"n\",\"timestamp\":7}\n");
  e.kind = EVENT_TOOL_END;
  expect(e, "{\"type\":\"TOOL_CALL_END\",\"toolCallId\":\"x\",\"timestamp\":7}\n");
  e.kind = EVENT_TOOL_RESULT;
  expect(e, "{\"type\":\"TOOL_CALL_RESULT\",\"toolCallId\":\"x\",\"messageId\":\"r-"
            "0\",\"timestamp\":7,\"content\":\"c\"}\n");
  e.failed = true;
  e.whole_bytes = 9;
  expect(e, "{\"type\":\"TOOL_CALL_RESULT\",\"toolCallId\":\"x\",\"messageId\":\"r-"
            "0\",\"timestamp\":7,\"content\":\"c\",\"metadata\":{\"runlet\":{"
            "\"failed\":true,\"truncated\":{\"bytes\":9}}}}\n");
}

static void test_ag_ui__a_value_that_is_too_long_is_left_out(void **state)
{
  (void)state;
  expect((struct event){.kind = EVENT_CUSTOM,
                        .name = SPAN_LITERAL("n"),
                        .json = SPAN_LITERAL("1"),
                        .whole_bytes = 9},
         "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"n\",\"value\":null,"
         "\"metadata\":{\"runlet\":{\"truncated\":{\"bytes\":9}}}}\n");
}

static void test_agui__has_what_pages_need_besides(void **state)
{
  (void)state;
  struct event start = {.kind = EVENT_TOOL_START,
                        .call = SPAN_LITERAL("\"c\""),
                        .name = SPAN_LITERAL("n"),
                        .parent = SPAN_LITERAL("\"m\"")};
  expect(start,
         "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"c\",\"toolCallName\":\"n\","
         "\"timestamp\":7}\n");
  spelled_expect(&event_format_agui, start,
                 "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"c\",\"toolCallName\":"
                 "\"n\",\"timestamp\":7,\"parentMessageId\":\"m\"}\n");
  struct event error = {.kind = EVENT_RUN_ERROR,
                        .text = SPAN_LITERAL("m"),
                        .code = SPAN_LITERAL("cancelled"),
                        .json = SPAN_LITERAL("\"cancelledBy\":\"api\"")};
  expect(error, "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"code\":"
                "\"cancelled\",\"metadata\":{\"runlet\":{\"cancelledBy\":\"api\"}}}\n");
  spelled_expect(&event_format_agui, error,
                 "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\","
                 "\"timestamp\":7,\"outcome\":{\"type\":\"cancelled\"},\"metadata\":{"
                 "\"runlet\":{\"cancelledBy\":\"api\"}}}\n");
  error.code = SPAN_LITERAL("agent-error");
  spelled_expect(
      &event_format_agui, error,
      "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"code\":"
      "\"agent-error\",\"metadata\":{\"runlet\":{\"cancelledBy\":\"api\"}}}\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ag_ui__usage_is_an_array),
      cmocka_unit_test(test_ag_ui__errors_carry_the_report_if_there_is_one),
      cmocka_unit_test(
          test_ag_ui__the_cache_is_inside_the_input_and_the_cost_in_metadata),
      cmocka_unit_test(test_ag_ui__tools_have_no_aliases),
      cmocka_unit_test(test_ag_ui__a_value_that_is_too_long_is_left_out),
      cmocka_unit_test(test_agui__has_what_pages_need_besides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
