/* SPDX-License-Identifier: MIT */
#include "event/format_tanstack.h"

#include "event/event.h"
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
  spelled_expect(&event_format_tanstack, event, wanted);
}

static void test_tanstack__usage_is_an_object(void **state)
{
  struct event_usage usage = {.prompt = 10,
                              .completion = 4,
                              .total = -1,
                              .cached = 3,
                              .cache_write = 2,
                              .reasoning = 1,
                              .cost_usd = SPAN_LITERAL("0.0123")};
  struct event_usage unknown = {.prompt = -1, .completion = -1, .total = -1};
  (void)state;
  expect((struct event){.kind = EVENT_RUN_FINISHED,
                        .code = SPAN_LITERAL("stop"),
                        .usage = &usage},
         "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":7,"
         "\"usage\":{\"promptTokens\":10,\"completionTokens\":4,\"totalTokens\":14,"
         "\"providerUsageDetails\":{\"totalCostUsd\":0.0123},\"promptTokensDetails\":{"
         "\"cachedTokens\":3,\"cacheWriteTokens\":2},\"completionTokensDetails\":{"
         "\"reasoningTokens\":1}},\"metadata\":{\"tanstack\":{\"model\":\"m\","
         "\"finishReason\":\"stop\",\"usage\":{\"providerUsageDetails\":{"
         "\"totalCostUsd\":0.0123},\"promptTokensDetails\":{\"cacheWriteTokens\":2}}}}}"
         "\n");
  expect((struct event){.kind = EVENT_RUN_FINISHED,
                        .code = SPAN_LITERAL("length"),
                        .usage = &unknown,
                        .json = SPAN_LITERAL("\"a\":1")},
         "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\","
         "\"timestamp\":7,\"metadata\":{\"tanstack\":{\"model\":\"m\","
         "\"finishReason\":\"length\"},\"runlet\":{\"a\":1}}}\n");
}

static void test_tanstack__errors_carry_the_report(void **state)
{
  (void)state;
  expect((struct event){.kind = EVENT_RUN_ERROR,
                        .code = SPAN_LITERAL("c"),
                        .text = SPAN_LITERAL("m"),
                        .json = SPAN_LITERAL("\"signal\":9")},
         "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"code\":\"c\","
         "\"metadata\":{\"tanstack\":{\"model\":\"m\"},\"runlet\":{\"signal\":9}}}\n");
  struct event_usage used = event_usage_none();
  used.prompt = 3;
  used.completion = 4;
  used.cost_usd = SPAN_LITERAL("0.5");
  used.session_cost_usd = SPAN_LITERAL("2");
  expect((struct event){.kind = EVENT_RUN_ERROR,
                        .usage = &used,
                        .text = SPAN_LITERAL("m"),
                        .json = SPAN_LITERAL("\"signal\":9")},
         "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"metadata\":{"
         "\"tanstack\":{\"model\":\"m\",\"usage\":{\"promptTokens\":3,"
         "\"completionTokens\":4,\"totalTokens\":7,\"providerUsageDetails\":{"
         "\"totalCostUsd\":0.5}}},\"runlet\":{\"sessionCostUsd\":2,\"signal\":9}}}\n");
  expect((struct event){.kind = EVENT_RUN_ERROR, .text = SPAN_LITERAL("m")},
         "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\","
         "\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}\n");
}

static void test_tanstack__tools_have_aliases(void **state)
{
  struct event call = {.kind = EVENT_TOOL_START,
                       .call = SPAN_LITERAL("\"x\""),
                       .name = SPAN_LITERAL("n"),
                       .json = SPAN_LITERAL("{\n}")};
  (void)state;
  expect(call, "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"x\",\"toolCallName\":"
               "\"n\",\"timestamp\":7,\"metadata\":{\"tanstack\":{\"model\":\"m\"}},"
               "\"toolName\":\"n\"}\n");
  call.kind = EVENT_TOOL_END;
  expect(call, "{\"type\":\"TOOL_CALL_END\",\"toolCallId\":\"x\",\"timestamp\":7,"
               "\"metadata\":{\"tanstack\":{\"model\":\"m\",\"toolCallName\":\"n\","
               "\"toolName\":\"n\",\"input\":{ }}},\"input\":{ }}\n");
  call.whole_bytes = 9;
  expect(call, "{\"type\":\"TOOL_CALL_END\",\"toolCallId\":\"x\",\"timestamp\":7,"
               "\"metadata\":{\"tanstack\":{\"model\":\"m\",\"toolCallName\":\"n\","
               "\"toolName\":\"n\"},\"runlet\":{\"truncated\":{\"bytes\":9}}}}\n");
}

static void test_tanstack__pieces_and_notices_have_no_metadata(void **state)
{
  (void)state;
  expect((struct event){.kind = EVENT_TEXT,
                        .id = SPAN_LITERAL("\"i\""),
                        .text = SPAN_LITERAL("d")},
         "{\"type\":\"TEXT_MESSAGE_CONTENT\",\"messageId\":\"i\",\"timestamp\":7,"
         "\"delta\":\"d\"}\n");
  expect((struct event){.kind = EVENT_REASONING,
                        .id = SPAN_LITERAL("\"i\""),
                        .text = SPAN_LITERAL("d")},
         "{\"type\":\"REASONING_MESSAGE_CONTENT\",\"messageId\":\"i\",\"delta\":\"d\","
         "\"timestamp\":7,\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}\n");
  expect((struct event){.kind = EVENT_GAP,
                        .name = SPAN_LITERAL("g"),
                        .json = SPAN_LITERAL("1")},
         "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"g\",\"value\":1}\n");
  expect((struct event){.kind = EVENT_STEP_END}, "");
}

static void test_tanstack__no_line_costs_more_than_the_overhead_says(void **state)
{
  struct event longest = {.kind = EVENT_TOOL_RESULT,
                          .call = SPAN_LITERAL("\"x\""),
                          .id = SPAN_LITERAL("\"x\""),
                          .failed = true,
                          .whole_bytes = SIZE_MAX / 2,
                          .at_ms = 9007199254740991};
  size_t most = event_format_tanstack.overhead + 3; /* the model's */
  (void)state;
  assert_true(spelled_length(&event_format_tanstack, longest) <= most + 6);
  longest.kind = EVENT_TOOL_END;
  longest.json = SPAN_LITERAL("0");
  assert_true(spelled_length(&event_format_tanstack, longest) <= most + 3 + 4);
}

static void test_tanstack__a_structured_answer_says_whose_it_is(void **state)
{
  (void)state;
  expect((struct event){.kind = EVENT_CUSTOM,
                        .name = SPAN_LITERAL("structured-output.start"),
                        .json = SPAN_LITERAL("{}")},
         "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"structured-output.start\","
         "\"value\":{},\"metadata\":{\"tanstack\":{\"model\":\"m\",\"threadId\":\"t\","
         "\"runId\":\"r\"}}}\n");
  expect((struct event){.kind = EVENT_CUSTOM,
                        .name = SPAN_LITERAL("other"),
                        .json = SPAN_LITERAL("{}")},
         "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"other\",\"value\":{},"
         "\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tanstack__usage_is_an_object),
      cmocka_unit_test(test_tanstack__errors_carry_the_report),
      cmocka_unit_test(test_tanstack__tools_have_aliases),
      cmocka_unit_test(test_tanstack__pieces_and_notices_have_no_metadata),
      cmocka_unit_test(test_tanstack__no_line_costs_more_than_the_overhead_says),
      cmocka_unit_test(test_tanstack__a_structured_answer_says_whose_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
