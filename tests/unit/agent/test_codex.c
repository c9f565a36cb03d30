/* SPDX-License-Identifier: MIT */
/* What the golden transcripts (test_golden.c) cannot show: the actions, what on_input()
 * answers, the bridge's name, the value that was asked for, and how the last record and
 * the end of the process decide together. */
#include "agent/harnesses.h"

#include "talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK     "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":1}}"
#define FAILED "{\"type\":\"turn.failed\",\"error\":{\"message\":\"no credit\"}}"
#define RETRY  "{\"type\":\"error\",\"message\":\"Reconnecting... 1/5\"}"

static void expect_end(const char *const *lines, struct process_end end,
                       const char *wanted)
{
  talk_expect(&codex_harness, lines, end, wanted);
}

static void test_codex__record_and_end_decide_together(void **state)
{
  const struct process_end well = {0}, failed = {.status = 1};
  const struct process_end forced = {.signal = SIGKILL, .forced = true};
  const struct process_end killed = {.signal = SIGKILL};
  const struct process_end oom = {.signal = SIGKILL, .oom = true};
  const struct process_end refused = {.status = 1,
                                      .stderr_tail = SPAN_LITERAL("no rollout found")};
  const char *const ok[] = {OK, NULL}, *const none[] = {NULL};
  const char *const error[] = {FAILED, NULL}, *const retry[] = {RETRY, NULL};
  const char *const retried[] = {RETRY, OK, NULL};
  const char *const worse[] = {OK, FAILED, NULL}, *const better[] = {FAILED, OK, NULL};
  (void)state;
  expect_end(ok, well, "\"finishReason\":\"stop\"");
  expect_end(ok, forced, "\"finishReason\":\"stop\"");
  expect_end(ok, failed, "\"code\":\"agent-exit\"");
  expect_end(ok, killed, "\"code\":\"agent-signal\"");
  expect_end(ok, oom, "\"code\":\"out-of-memory\"");
  expect_end(error, failed, "\"message\":\"no credit\",\"code\":\"agent-error\"");
  expect_end(error, well, "\"message\":\"no credit\",\"code\":\"agent-error\"");
  expect_end(none, well, "\"code\":\"no-result\"");
  expect_end(none, refused,
             "\"message\":\"Agent process exited with code 1: no rollout found\","
             "\"code\":\"agent-exit\"");
  expect_end(retried, well, "\"finishReason\":\"stop\"");
  expect_end(retry, failed,
             "\"message\":\"Reconnecting... 1/5\",\"code\":\"agent-error\"");
  expect_end(retry, killed, "\"code\":\"agent-signal\"");
  expect_end(worse, failed, "\"code\":\"agent-error\"");
  expect_end(better, well, "\"finishReason\":\"stop\"");
}

static void test_codex__hangs_up_at_the_end_of_the_turn(void **state)
{
  struct talk t;
  (void)state;
  talk_open(&t, &codex_harness);
  talk_say(&t, RETRY);
  assert_false(t.actions.hang_up);
  talk_say(&t, FAILED);
  assert_true(t.actions.hang_up);
  assert_false(codex_harness.succeeded(t.state));
  talk_say(&t, OK);
  assert_true(codex_harness.succeeded(t.state));
  assert_int_equal(t.actions.input.len, 0);
  talk_end(&t, (struct process_end){0});
  talk_close(&t);
}

static void test_codex__only_what_is_no_object_is_not_understood(void **state)
{
  static const char half_a_call[] = "{\"type\":\"item.completed\",\"item\":{\"type\":"
                                    "\"mcp_tool_call\",\"id\":\"a\"}}";
  static const char *const fine[] = {"{}",
                                     "{\"type\":null}",
                                     "{\"type\":\"of.tomorrow\"}",
                                     "{\"type\":\"item.started\"}",
                                     "{\"type\":\"item.completed\",\"item\":7}",
                                     half_a_call,
                                     "{\"type\":\"error\"}",
                                     "{\"type\":\"turn.completed\",\"usage\":[]}"};
  static const char *const wrong[] = {"x", "{", "[]", "null", "1", "{} {}"};
  struct talk t;
  (void)state;
  talk_open(&t, &codex_harness);
  for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
    assert_int_equal(talk_say(&t, fine[i]), 0);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_int_equal(talk_say(&t, wrong[i]), -1);
  talk_end(&t, (struct process_end){0});
  talk_close(&t);
}

static void test_codex__the_bridges_own_name_is_left_out(void **state)
{
  const struct bridge_address bridge = {
      .name = SPAN_LITERAL("mine"), .url = SPAN_LITERAL("u"), .token = SPAN_LITERAL("t")};
  struct talk t;
  (void)state;
  talk_open(&t, &codex_harness);
  talk_plan(&t, (struct run_request){0}, &bridge);
  talk_say(&t, "{\"type\":\"item.started\",\"item\":{\"id\":\"a\",\"type\":"
               "\"mcp_tool_call\",\"server\":\"mine\",\"tool\":\"x\"}}");
  talk_say(&t, "{\"type\":\"item.started\",\"item\":{\"id\":\"b\",\"type\":"
               "\"mcp_tool_call\",\"server\":\"tanstack\",\"tool\":\"x\"}}");
  assert_non_null(strstr(t.stream.text.at, "\"toolCallName\":\"x\""));
  assert_non_null(strstr(t.stream.text.at, "\"toolCallName\":\"mcp__tanstack__x\""));
  talk_end(&t, (struct process_end){0});
  talk_close(&t);
}

static void expect_answer(const char *said, const char *wanted)
{
  struct talk t;
  struct buf line = buf_make(4096);
  talk_open(&t, &codex_harness);
  talk_plan(&t, (struct run_request){.output_schema = SPAN_LITERAL("{}")}, NULL);
  talk_say(&t, "{\"type\":\"item.completed\",\"item\":{\"id\":\"a\",\"type\":\"agent_"
               "message\",\"text\":\"{\\\"n\\\":1}\"}}");
  buf_addf(&line,
           "{\"type\":\"item.completed\",\"item\":{\"id\":\"b\",\"type\":"
           "\"agent_message\",\"text\":\"%s\"}}",
           said);
  talk_say(&t, buf_cstring(&line));
  talk_say(&t, OK);
  talk_end(&t, (struct process_end){0});
  if (strstr(t.stream.text.at, wanted) == NULL)
    fail_msg("%s is not in %s", wanted, t.stream.text.at);
  talk_close(&t);
  buf_free(&line);
}

static void test_codex__the_value_is_in_the_last_message(void **state)
{
  (void)state;
  expect_answer("{\\\"n\\\": 2.0}",
                "\"name\":\"structured-output.complete\",\"value\":{\"object\":{\"n\": "
                "2.0},\"raw\":\"{\\\"n\\\": 2.0}\",\"messageId\":\"r-b\"}");
  expect_answer("{\\\"n\\\": 2.0}", "\"finishReason\":\"stop\"");
  expect_answer("I would rather not", "\"code\":\"structured-output-parse-failed\"");
}

static void test_codex__the_counts_of_a_resumed_thread_are_not_the_runs(void **state)
{
  (void)state;
  for (int resumed = 0; resumed < 2; resumed++) {
    struct run_request req = {0};
    struct talk t;
    if (resumed)
      req.session_id = SPAN_LITERAL("thread-1");
    talk_open(&t, &codex_harness);
    talk_plan(&t, req, NULL);
    talk_say(&t, OK);
    talk_end(&t, (struct process_end){0});
    assert_int_equal(!strstr(t.stream.text.at, "\"promptTokens\":1"), resumed);
    talk_close(&t);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_codex__the_counts_of_a_resumed_thread_are_not_the_runs),
      cmocka_unit_test(test_codex__record_and_end_decide_together),
      cmocka_unit_test(test_codex__hangs_up_at_the_end_of_the_turn),
      cmocka_unit_test(test_codex__only_what_is_no_object_is_not_understood),
      cmocka_unit_test(test_codex__the_bridges_own_name_is_left_out),
      cmocka_unit_test(test_codex__the_value_is_in_the_last_message),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
