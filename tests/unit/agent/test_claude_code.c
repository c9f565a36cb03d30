/* SPDX-License-Identifier: MIT */
/* What the golden transcripts (test_golden.c) cannot show: the actions, what on_input()
 * answers, and how the last record and the end of the process decide together. */
#include "agent/harnesses.h"

#include "base/limits.h"
#include "talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}"
#define MAX_TURNS                                                                        \
  "{\"type\":\"result\",\"subtype\":\"error_max_turns\",\"is_error\":true}"
#define FAILED                                                                           \
  "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"result\":\"no "      \
  "credit\"}"

static void expect_outcome(const char *const *lines, struct process_end end,
                           const char *wanted)
{
  talk_expect(&claude_code_harness, lines, end, wanted);
}

static void test_claude__record_and_end_decide_together(void **state)
{
  const struct process_end well = {0}, failed = {.status = 1};
  const struct process_end forced = {.signal = SIGKILL, .forced = true};
  const struct process_end forced_status = {.status = 143, .forced = true};
  const struct process_end killed = {.signal = SIGKILL};
  const struct process_end oom = {.signal = SIGKILL, .oom = true};
  (void)state;
  const char *const ok[] = {OK, NULL}, *const none[] = {NULL};
  const char *const turns[] = {MAX_TURNS, NULL}, *const error[] = {FAILED, NULL};
  expect_outcome(ok, well, "\"finishReason\":\"stop\"");
  expect_outcome(ok, forced, "\"finishReason\":\"stop\"");
  expect_outcome(ok, forced_status, "\"finishReason\":\"stop\"");
  expect_outcome(ok, failed, "\"code\":\"agent-exit\"");
  expect_outcome(ok, killed, "\"code\":\"agent-signal\"");
  expect_outcome(ok, oom, "\"code\":\"out-of-memory\"");
  expect_outcome(turns, failed, "\"finishReason\":\"length\"");
  expect_outcome(turns, well, "\"finishReason\":\"length\"");
  expect_outcome(error, failed, "\"message\":\"no credit\",\"code\":\"agent-error\"");
  expect_outcome(error, well, "\"message\":\"no credit\",\"code\":\"agent-error\"");
  expect_outcome(none, well, "\"code\":\"no-result\"");
  expect_outcome(none, failed, "\"code\":\"agent-exit\"");
  expect_outcome(none, forced, "\"code\":\"agent-signal\"");
}

/* Lines of a run that was asked for a value; the stream must contain `wanted`. */
static void expect_told(const char *const *lines, const char *wanted,
                        const char *unwanted)
{
  struct talk t;
  talk_open(&t, &claude_code_harness);
  struct message message = {ROLE_USER, SPAN_LITERAL("q")};
  struct run_request req = {.model = SPAN_LITERAL("m"),
                            .messages = &message,
                            .message_count = 1,
                            .output_schema = SPAN_LITERAL("{\"type\":\"object\"}")};
  struct process_plan plan = process_plan_make();
  struct plan_place place = {.folder = SPAN_LITERAL("/f"),
                             .workspace = SPAN_LITERAL("/w")};
  struct fault f = {0};
  assert_int_equal(claude_code_harness.plan(t.state, &req, NULL, &place, &plan, &f), 0);
  assert_non_null(strstr(buf_cstring(&plan.first_input), "{\"type\":\"object\"}"));
  process_plan_free(&plan);
  for (; *lines != NULL; lines++)
    assert_int_equal(talk_say(&t, *lines), 0);
  struct process_end well = {0};
  claude_code_harness.finish(t.state, &well, &t.output);
  if (strstr(t.stream.text.at, wanted) == NULL)
    fail_msg("%s is not in %s", wanted, t.stream.text.at);
  assert_null(strstr(t.stream.text.at, unwanted));
  talk_close(&t);
}

static void test_claude__the_value_that_was_asked_for_is_told_once(void **state)
{
  (void)state;
  static const char use[] =
      "{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":[{\"type\":\"tool_"
      "use\","
      "\"id\":\"t\",\"name\":\"StructuredOutput\",\"input\":{\"n\": 1.0}}]}}";
  static const char used[] =
      "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\","
      "\"tool_use_id\":\"t\",\"content\":\"taken\"}]}}";
  const char *const by_tool[] = {use, used, OK, NULL};
  const char *const by_result[] = {
      use, used,
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,"
      "\"result\":\"{\\\"n\\\":2}\",\"structured_output\":{\"n\": 2}}",
      NULL};
  const char *const by_text[] = {
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,"
      "\"result\":\"It is {\\\"n\\\":3}.\"}",
      NULL};
  const char *const none[] = {OK, NULL};
  const char *const refused[] = {
      use,
      "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\","
      "\"tool_use_id\":\"t\",\"is_error\":true,\"content\":\"no n\"}]}}",
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,"
      "\"result\":\"I cannot.\"}",
      NULL};
  const char *const of_the_host[] = {
      "{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":[{\"type\":\"tool_"
      "use\",\"id\":\"h\",\"name\":\"mcp__tanstack__StructuredOutput\",\"input\":{\"a\":"
      "1}"
      "}]}}",
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,"
      "\"result\":\"{\\\"n\\\":5}\"}",
      NULL};
  expect_told(refused, "structured-output-parse-failed", "structured-output.complete");
  expect_told(of_the_host, "\"object\":{\"n\":5}", "\"object\":{\"a\":1}");
  expect_told(by_tool, "\"object\":{\"n\": 1.0},\"raw\":\"{\\\"n\\\": 1.0}\"",
              "TOOL_CALL");
  expect_told(by_result, "\"object\":{\"n\": 2},\"raw\":\"{\\\"n\\\":2}\"", "TOOL_CALL");
  expect_told(by_text, "\"object\":{\"n\":3},\"raw\":\"It is {", "TOOL_CALL");
  const char *const cut[] = {MAX_TURNS, NULL}, *const cut_late[] = {use, MAX_TURNS, NULL};
  /* the first result's value is not the second's */
  static const char worded[] =
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":"
      "false,\"num_turns\":1,\"result\":\"no value\"}";
  const char *const of_another[] = {
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"num_turns\":1,"
      "\"result\":\"x\",\"structured_output\":{\"n\":1}}",
      worded, NULL};
  const char *const of_another_call[] = {use, used, OK, worded, NULL};
  const char *const called_again[] = {use, used, OK, use, used, worded, NULL};
  expect_told(of_another, "structured-output-parse-failed", "{\"n\":1}");
  expect_told(of_another_call, "structured-output-parse-failed", "{\"n\": 1.0}");
  expect_told(called_again, "\"object\":{\"n\": 1.0},\"raw\":\"no value\"",
              "structured-output-parse-failed");
  expect_told(none, "structured-output-parse-failed", "RUN_FINISHED");
  expect_told(cut, "\"code\":\"structured-output-parse-failed\"", "RUN_ERROR");
  expect_told(cut, "\"finishReason\":\"length\"", "RUN_ERROR");
  expect_told(cut_late, "\"object\":{\"n\": 1.0}", "structured-output-parse-failed");
}

static void test_claude__the_last_result_decides(void **state)
{
  const struct process_end well = {0};
  (void)state;
  const char *const worse[] = {OK, FAILED, NULL}, *const better[] = {FAILED, OK, NULL};
  const char *const cheaper[] = {
      "{\"type\":\"result\",\"subtype\":\"success\",\"usage\":{\"input_tokens\":5}}", OK,
      NULL};
  expect_outcome(worse, well, "agent-error");
  expect_outcome(better, well, "RUN_FINISHED");
  expect_outcome(cheaper, well, "\"usage\":{\"promptTokens\":5,"); /* it stays */
}

#define TASKS(list)                                                                      \
  "{\"type\":\"system\",\"subtype\":\"background_tasks_changed\",\"tasks\":[" list "]}"
#define NOISE                                                                            \
  "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"num_turns\":0,"     \
  "\"stop_reason\":null,\"result\":\"\",\"origin\":{\"kind\":\"task-notification\"}}"
#define INIT "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\"}"

static void test_claude__the_end_waits_for_tasks_and_for_turns_they_begin(void **state)
{
  struct talk t;
  (void)state;
  talk_open(&t, &claude_code_harness);
  talk_say(&t, NOISE);
  assert_false(t.actions.hang_up); /* it is no record */
  talk_say(&t, INIT);
  talk_say(&t, TASKS("{\"task_id\":\"a\"},{\"task_id\":\"b\"}"));
  assert_int_equal(t.actions.open_tasks, 2);
  talk_say(&t, OK);
  assert_true(t.actions.hang_up);
  talk_say(&t, TASKS(""));
  assert_int_equal(t.actions.open_tasks, 0);
  assert_true(t.actions.hang_up);
  talk_say(&t, INIT);
  assert_false(t.actions.hang_up); /* it works again */
  talk_say(&t, NOISE);
  assert_true(t.actions.hang_up);
  talk_end(&t, (struct process_end){0});
  assert_non_null(strstr(t.stream.text.at, "RUN_FINISHED"));
  talk_close(&t);
}

static void test_claude__retries_of_its_api_are_warnings(void **state)
{
  struct talk t;
  (void)state;
  talk_open(&t, &claude_code_harness);
  talk_say(&t,
           "{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":1,\"max_retries\":"
           "10,\"retry_delay_ms\":523,\"error_status\":503,\"error\":\"server_error\"}");
  talk_say(&t,
           "{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":2,\"max_retries\":"
           "10,\"error_status\":null,\"error\":\"unknown\"}");
  assert_non_null(
      strstr(t.stream.text.at,
             "{\"code\":\"agent-retries\",\"message\":\"The model's API failed: "
             "503 server_error (retry 1 of 10)\"}"));
  assert_non_null(strstr(t.stream.text.at, "failed: unknown (retry 2 of 10)\"}"));
  talk_end(&t, (struct process_end){0});
  talk_close(&t);
}

static void test_claude__odd_records_are_errors_with_words(void **state)
{
  const struct process_end well = {0};
  (void)state;
  const char *const bare[] = {"{\"type\":\"result\"}", NULL};
  const char *const mute[] = {
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true}", NULL};
  const char *const odd[] = {
      "{\"type\":\"result\",\"subtype\":\"error_x\",\"errors\":[1,\"a\",null,\"b\"]}",
      NULL};
  const char *const numbers[] = {
      "{\"type\":\"result\",\"subtype\":\"success\",\"usage\":{\"input_tokens\":-3,"
      "\"output_tokens\":1e99},\"total_cost_usd\":\"x\"}",
      NULL};
  expect_outcome(
      bare, well,
      "\"message\":\"Claude Code run failed: no subtype\",\"code\":\"agent-error\"");
  expect_outcome(
      mute, well,
      "\"message\":\"Claude Code run failed: success\",\"code\":\"agent-error\"");
  expect_outcome(odd, well, "\"message\":\"a; b\",\"code\":\"error_x\"");
  expect_outcome(numbers, well, "RUN_FINISHED");
}

static void test_claude__hangs_up_at_the_result(void **state)
{
  struct talk t;
  (void)state;
  talk_open(&t, &claude_code_harness);
  assert_false(claude_code_harness.succeeded(t.state));
  talk_say(&t, "{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":[{\"type\":"
               "\"text\",\"text\":\"a\"}]}}");
  assert_false(t.actions.hang_up);
  talk_say(&t, OK);
  assert_true(t.actions.hang_up);
  assert_true(claude_code_harness.succeeded(t.state));
  assert_false(t.stream.sink.ended);
  talk_say(&t, FAILED);
  assert_false(claude_code_harness.succeeded(t.state));
  talk_say(&t, MAX_TURNS);
  assert_true(claude_code_harness.succeeded(t.state));
  assert_int_equal(t.actions.input.len, 0);
  talk_close(&t);
}

static void test_claude__only_what_is_no_object_is_not_understood(void **state)
{
  static const char *const fine[] = {
      "null",
      "1",
      "-1.5e3",
      "{}",
      "{\"type\":null}",
      "{\"type\":\"new\"}",
      "{\"type\":\"assistant\"}",
      "{\"type\":\"assistant\",\"message\":7}",
      "{\"type\":\"assistant\",\"message\":{\"content\":[{},{\"type\":\"tool_use\"}]}}",
      "{\"type\":\"user\",\"message\":{\"content\":[null,{\"type\":\"tool_result\"}]}}",
      "{\"type\":\"stream_event\"}",
      "{\"type\":\"stream_event\",\"event\":[]}",
      "{\"type\":\"system\",\"subtype\":\"init\"}"};
  static const char *const wrong[] = {
      "x", "{", "[]", "\"a\"", "true", "{\"type\":\"result\"", "{} {}"};
  struct talk t;
  (void)state;
  talk_open(&t, &claude_code_harness);
  for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
    assert_int_equal(talk_say(&t, fine[i]), 0);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_int_equal(talk_say(&t, wrong[i]), -1);
  talk_close(&t);
}

static void test_claude__the_bridges_own_name_is_cut_off(void **state)
{
  struct talk t;
  struct message message = {.role = ROLE_USER, .text = SPAN_LITERAL("hi")};
  struct run_request req = {
      .messages = &message, .message_count = 1, .model = SPAN_LITERAL("m")};
  struct bridge_address bridge = {
      .name = SPAN_LITERAL("mine"), .url = SPAN_LITERAL("u"), .token = SPAN_LITERAL("t")};
  struct plan_place place = {.folder = SPAN_LITERAL("/f"),
                             .workspace = SPAN_LITERAL("/w")};
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  talk_open(&t, &claude_code_harness);
  assert_int_equal(claude_code_harness.plan(t.state, &req, &bridge, &place, &plan, &f),
                   0);
  talk_say(&t, "{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":["
               "{\"type\":\"tool_use\",\"id\":\"1\",\"name\":\"mcp__mine__a\"},"
               "{\"type\":\"tool_use\",\"id\":\"2\",\"name\":\"mcp__tanstack__b\"},"
               "{\"type\":\"tool_use\",\"id\":\"3\",\"name\":\"mcp__mine__\"}]}}");
  const char *text = buf_cstring(&t.stream.text);
  assert_non_null(strstr(text, "\"toolCallName\":\"a\""));
  assert_non_null(strstr(text, "\"toolCallName\":\"mcp__tanstack__b\""));
  assert_non_null(strstr(text, "\"toolCallName\":\"mcp__mine__\""));
  process_plan_free(&plan);
  talk_close(&t);
}

/* Deeper than any tree of ours may be, and passed on all the same. */
static void test_claude__deep_arguments_pass_unread(void **state)
{
  struct talk t;
  struct buf line = buf_make(MIB);
  (void)state;
  talk_open(&t, &claude_code_harness);
  buf_add_text(&line,
               "{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":[{\"type\":"
               "\"tool_use\",\"id\":\"1\",\"name\":\"n\",\"input\":{\"a\":");
  for (int i = 0; i < 100; i++)
    buf_add_char(&line, '[');
  for (int i = 0; i < 100; i++)
    buf_add_char(&line, ']');
  buf_add_text(&line, "}}]}}");
  assert_int_equal(talk_say(&t, buf_cstring(&line)), 0);
  assert_int_equal(stream_count_of(&t.stream, "TOOL_CALL_END"), 1);
  talk_close(&t);
  buf_free(&line);
}

static void test_claude__text_after_a_call_inside_one_block_is_a_new_message(void **state)
{
  struct talk t;
  (void)state;
  talk_open(&t, &claude_code_harness);
  talk_say(
      &t, "{\"type\":\"stream_event\",\"event\":{\"type\":\"message_start\",\"message\":{"
          "\"id\":\"m\"}}}");
  talk_say(&t, "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_start\","
               "\"content_block\":{\"type\":\"text\"}}}");
  talk_say(&t, "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\","
               "\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}}");
  talk_say(&t, "{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":[{\"type\":"
               "\"tool_use\",\"id\":\"1\",\"name\":\"n\"}]}}");
  talk_say(&t, "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\","
               "\"delta\":{\"type\":\"text_delta\",\"text\":\"b\"}}}");
  talk_say(&t, "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_delta\","
               "\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"no\"}}}");
  talk_say(&t, "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_stop\"}}");
  talk_say(&t, "{\"type\":\"stream_event\",\"event\":{\"type\":\"content_block_stop\"}}");
  assert_int_equal(stream_count_of(&t.stream, "TEXT_MESSAGE_START"), 2);
  assert_int_equal(stream_count_of(&t.stream, "TEXT_MESSAGE_END"), 2);
  assert_int_equal(stream_count_of(&t.stream, "REASONING_START"), 0);
  talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_claude__record_and_end_decide_together),
      cmocka_unit_test(test_claude__the_value_that_was_asked_for_is_told_once),
      cmocka_unit_test(test_claude__the_last_result_decides),
      cmocka_unit_test(test_claude__the_end_waits_for_tasks_and_for_turns_they_begin),
      cmocka_unit_test(test_claude__retries_of_its_api_are_warnings),
      cmocka_unit_test(test_claude__odd_records_are_errors_with_words),
      cmocka_unit_test(test_claude__hangs_up_at_the_result),
      cmocka_unit_test(test_claude__only_what_is_no_object_is_not_understood),
      cmocka_unit_test(test_claude__the_bridges_own_name_is_cut_off),
      cmocka_unit_test(test_claude__deep_arguments_pass_unread),
      cmocka_unit_test(test_claude__text_after_a_call_inside_one_block_is_a_new_message),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
