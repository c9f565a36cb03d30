/* SPDX-License-Identifier: MIT */
#include "collector.h"
#include "event/event_usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct event_format event_format_harness;

static struct {
  struct buf text;
  struct collector sink;
  struct events *events;
} s;

static int open_stream(void **state)
{
  (void)state;
  s.text = buf_make(SIZE_MAX);
  s.sink = collector_make(&s.text);
  struct events_setup setup = {.run_id = SPAN_LITERAL("r"),
                               .thread_id = SPAN_LITERAL("t"),
                               .model = SPAN_LITERAL("m"),
                               .format = &event_format_harness,
                               .sink = &s.sink.sink};
  s.events = events_new(&setup);
  return 0;
}

static int close_stream(void **state)
{
  (void)state;
  events_free(s.events);
  assert_true(s.sink.ended);
  buf_free(&s.text);
  return 0;
}

/* The whole text that went out. */
static void said(const char *wanted)
{
  assert_string_equal(buf_cstring(&s.text), wanted);
}

#define START "{\"type\":\"stream-start\",\"modelId\":\"m\"}\n"
#define STEP(reason)                                                                     \
  "{\"type\":\"finish-step\",\"finishReason\":{\"unified\":\"" reason                    \
  "\",\"raw\":\"" reason "\"},\"usage\":{\"inputTokens\":{},\"outputTokens\":{}}}\n"
#define FINISH(reason)                                                                   \
  "{\"type\":\"finish\",\"finishReason\":{\"unified\":\"" reason "\",\"raw\":\"" reason  \
  "\"},\"totalUsage\":{\"inputTokens\":{},\"outputTokens\":{}}}\n"

static void test_format_harness__text_and_reasoning_are_blocks(void **state)
{
  (void)state;
  events_reasoning_open(s.events, SPAN_LITERAL("t"));
  events_reasoning(s.events, SPAN_LITERAL("hm"));
  events_text_open(s.events, SPAN_LITERAL("x"));
  events_text(s.events, SPAN_LITERAL("a\"b"));
  events_user_message(s.events, SPAN_LITERAL("u"), SPAN_LITERAL("the host said it"));
  events_finish(s.events, "stop", NULL);
  said(START "{\"type\":\"reasoning-start\",\"id\":\"r-t\"}\n"
             "{\"type\":\"reasoning-delta\",\"id\":\"r-t\",\"delta\":\"hm\"}\n"
             "{\"type\":\"reasoning-end\",\"id\":\"r-t\"}\n"
             "{\"type\":\"text-start\",\"id\":\"r-x\"}\n"
             "{\"type\":\"text-delta\",\"id\":\"r-x\",\"delta\":\"a\\\"b\"}\n"
             "{\"type\":\"text-end\",\"id\":\"r-x\"}\n" STEP("stop") FINISH("stop"));
}

static void test_format_harness__a_step_ends_after_its_results(void **state)
{
  (void)state;
  events_tool_call(s.events, TOOL_HOST, SPAN_LITERAL("c"), SPAN_LITERAL("echo"),
                   SPAN_LITERAL("{\"a\" : 1}"));
  events_tool_result(s.events, SPAN_LITERAL("c"), SPAN_LITERAL("[1]"), false);
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("d"), SPAN_LITERAL("Bash"),
                   (struct span){0});
  events_tool_result(s.events, SPAN_LITERAL("d"), SPAN_LITERAL("no"), true);
  events_finish(s.events, "stop", NULL);
  said(START "{\"type\":\"tool-call\",\"providerExecuted\":false,\"toolCallId\":\"r-c\","
             "\"toolName\":\"echo\",\"input\":\"{\\\"a\\\" : 1}\"}\n"
             "{\"type\":\"tool-result\",\"toolCallId\":\"r-c\",\"toolName\":\"echo\","
             "\"result\":\"[1]\"}\n" STEP(
                 "tool-calls") "{\"type\":\"tool-call\",\"providerExecuted\":true,"
                               "\"toolCallId\":\"r-d\","
                               "\"toolName\":\"Bash\",\"input\":\"{}\"}\n"
                               "{\"type\":\"tool-result\",\"toolCallId\":\"r-d\","
                               "\"toolName\":\"Bash\","
                               "\"result\":\"no\",\"isError\":true}\n" STEP("tool-calls")
                                   STEP("stop") FINISH("stop"));
}

static void test_format_harness__the_session_is_a_thread_and_its_model(void **state)
{
  (void)state;
  events_custom(s.events, "codex.session-id",
                SPAN_LITERAL("{\"sessionId\":\"s-1\",\"model\":\"big\"}"));
  events_custom(s.events, "codex.session-id", SPAN_LITERAL("{\"sessionId\":\"\"}"));
  events_finish(s.events, "length", NULL);
  said("{\"type\":\"stream-start\",\"modelId\":\"big\"}\n"
       "{\"type\":\"bridge-thread\",\"threadId\":\"s-1\"}\n" STEP("length")
           FINISH("length"));
}

static void test_format_harness__a_value_is_the_text_of_a_step_of_its_own(void **state)
{
  (void)state;
  events_text_open(s.events, SPAN_LITERAL("x"));
  events_text(s.events, SPAN_LITERAL("Here: "));
  events_custom(s.events, "structured-output.start", SPAN_LITERAL("{}"));
  events_text_close(s.events);
  events_custom(s.events, "structured-output.complete",
                SPAN_LITERAL("{\"object\":{\"n\":1},\"raw\":\"\"}"));
  events_finish(s.events, "stop", NULL);
  said(START "{\"type\":\"text-start\",\"id\":\"r-x\"}\n"
             "{\"type\":\"text-delta\",\"id\":\"r-x\",\"delta\":\"Here: \"}\n"
             "{\"type\":\"text-end\",\"id\":\"r-x\"}\n" STEP(
                 "stop") "{\"type\":\"text-start\",\"id\":\"value-1\"}\n"
                         "{\"type\":\"text-delta\",\"id\":\"value-1\",\"delta\":\"{"
                         "\\\"n\\\":1}\"}\n"
                         "{\"type\":\"text-end\",\"id\":\"value-1\"}\n" STEP("stop")
                             FINISH("stop"));
}

static void
test_format_harness__a_value_that_was_just_said_is_not_said_again(void **state)
{
  (void)state;
  events_text_open(s.events, SPAN_LITERAL("x"));
  events_text(s.events, SPAN_LITERAL("{\"n\""));
  events_text(s.events, SPAN_LITERAL(":1}"));
  events_text_close(s.events);
  events_custom(s.events, "structured-output.complete",
                SPAN_LITERAL("{\"object\":{\"n\":1},\"raw\":\"\"}"));
  events_finish(s.events, "stop", NULL);
  assert_null(strstr(buf_cstring(&s.text), "value-1"));
}

static void test_format_harness__what_has_no_part_is_raw(void **state)
{
  (void)state;
  events_warn(s.events, "some-code", SPAN_LITERAL("words"));
  events_custom(
      s.events, "runlet.compaction",
      SPAN_LITERAL("{\"trigger\":\"auto\",\"summary\":\"s\",\"tokensBefore\":7}"));
  events_custom(s.events, "x.y", SPAN_LITERAL("{\"a\":\n1}"));
  events_finish(s.events, "odd", NULL);
  said(START "{\"type\":\"raw\",\"rawValue\":{\"type\":\"runlet.warning\",\"value\":"
             "{\"code\":\"some-code\",\"message\":\"words\"}}}\n"
             "{\"type\":\"compaction\",\"trigger\":\"auto\",\"summary\":\"s\","
             "\"tokensBefore\":7}\n"
             "{\"type\":\"raw\",\"rawValue\":{\"type\":\"x.y\",\"value\":{\"a\": 1}}}\n"
             "{\"type\":\"finish-step\",\"finishReason\":{\"unified\":\"other\","
             "\"raw\":\"odd\"},\"usage\":{\"inputTokens\":{},\"outputTokens\":{}}}\n"
             "{\"type\":\"finish\",\"finishReason\":{\"unified\":\"other\",\"raw\":"
             "\"odd\"},\"totalUsage\":{\"inputTokens\":{},\"outputTokens\":{}}}\n");
}

static void test_format_harness__a_changed_file_is_told_in_the_hosts_words(void **state)
{
  (void)state;
  events_custom(s.events, "file.changed",
                SPAN_LITERAL("{\"path\":\"/w/a\\\"b\",\"kind\":\"add\",\"diff\":\"\"}"));
  events_custom(s.events, "file.changed",
                SPAN_LITERAL("{\"path\":\"b\",\"kind\":\"update\",\"diff\":\"\"}"));
  events_custom(s.events, "file.changed",
                SPAN_LITERAL("{\"path\":\"c\",\"kind\":\"delete\"}"));
  events_custom(s.events, "file.changed",
                SPAN_LITERAL("{\"path\":\"d\",\"kind\":\"odd\"}"));
  events_finish(s.events, "stop", NULL);
  said(START "{\"type\":\"file-change\",\"event\":\"create\",\"path\":\"/w/a\\\"b\"}\n"
             "{\"type\":\"file-change\",\"event\":\"modify\",\"path\":\"b\"}\n"
             "{\"type\":\"file-change\",\"event\":\"delete\",\"path\":\"c\"}\n"
             "{\"type\":\"raw\",\"rawValue\":{\"type\":\"file.changed\",\"value\":"
             "{\"path\":\"d\",\"kind\":\"odd\"}}}\n" STEP("stop") FINISH("stop"));
}

static void test_format_harness__a_call_has_one_result(void **state)
{
  (void)state;
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("c"), SPAN_LITERAL("Bash"),
                   SPAN_LITERAL("{}"));
  events_tool_result(s.events, SPAN_LITERAL("c"), SPAN_LITERAL("one"), false);
  events_tool_result(s.events, SPAN_LITERAL("c"), SPAN_LITERAL("two"), true);
  events_finish(s.events, "stop", NULL);
  char *first = strstr(buf_cstring(&s.text), "\"toolName\":\"Bash\",\"result\":\"one\"");
  assert_non_null(first);
  assert_null(strstr(first + 1, "\"toolName\""));
  assert_non_null(strstr(first,
                         "{\"type\":\"raw\",\"rawValue\":{\"type\":\"tool-result\","
                         "\"toolCallId\":\"r-c\",\"result\":\"two\"}}"));
}

static void test_format_harness__usage_has_both_halves_and_no_null(void **state)
{
  (void)state;
  struct event_usage used = {.prompt = 4,
                             .completion = 50,
                             .total = -1,
                             .cached = 20,
                             .cache_write = 3,
                             .reasoning = -1,
                             .cache_apart = true};
  events_finish(s.events, "stop", &used);
  assert_non_null(strstr(buf_cstring(&s.text),
                         "\"totalUsage\":{\"inputTokens\":{\"total\":27,\"cacheRead\":20,"
                         "\"cacheWrite\":3},\"outputTokens\":{\"total\":50}}}\n"));
}

static void test_format_harness__an_error_is_one_and_an_abort_is_a_finish(void **state)
{
  (void)state;
  events_fail(s.events, SPAN_LITERAL("agent-exit"), SPAN_LITERAL("it \"broke\""));
  said(START "{\"type\":\"error\",\"error\":\"agent-exit: it \\\"broke\\\"\"}\n");
  close_stream(state);
  open_stream(state);
  events_fail(s.events, SPAN_LITERAL("aborted"), SPAN_LITERAL("m"));
  assert_non_null(strstr(buf_cstring(&s.text),
                         "\"type\":\"finish\",\"finishReason\":{"
                         "\"unified\":\"other\",\"raw\":\"aborted\"}"));
  assert_null(strstr(buf_cstring(&s.text), "\"error\""));
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_stream, close_stream)

int main(void)
{
  const struct CMUnitTest tests[] = {
      T(test_format_harness__text_and_reasoning_are_blocks),
      T(test_format_harness__a_step_ends_after_its_results),
      T(test_format_harness__the_session_is_a_thread_and_its_model),
      T(test_format_harness__a_value_is_the_text_of_a_step_of_its_own),
      T(test_format_harness__a_value_that_was_just_said_is_not_said_again),
      T(test_format_harness__what_has_no_part_is_raw),
      T(test_format_harness__a_changed_file_is_told_in_the_hosts_words),
      T(test_format_harness__a_call_has_one_result),
      T(test_format_harness__usage_has_both_halves_and_no_null),
      T(test_format_harness__an_error_is_one_and_an_abort_is_a_finish),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
