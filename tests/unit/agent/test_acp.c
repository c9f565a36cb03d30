/* SPDX-License-Identifier: MIT */
/* What the golden transcripts cannot show: the actions, the cancel, the value that was
 * asked for, and how the record and the end of the process decide together. */
#include "agent/acp/acp.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_acp__record_and_end_decide_together(void **state)
{
  const struct process_end well = {0}, failed = {.status = 1};
  const struct process_end forced = {.signal = SIGTERM, .forced = true};
  const struct process_end forced_status = {.status = 143, .forced = true};
  const struct process_end killed = {.signal = SIGKILL};
  const char *const ok[] = {ACP_INIT, ACP_OPEN, ACP_END, NULL}, *const none[] = {NULL};
  const char *const length[] = {
      ACP_INIT, ACP_OPEN, "{\"id\":8,\"result\":{\"stopReason\":\"max_tokens\"}}", NULL};
  const char *const error[] = {
      ACP_INIT, ACP_OPEN, "{\"id\":8,\"error\":{\"code\":-1,\"message\":\"no credit\"}}",
      NULL};
  (void)state;
  talk_expect(&acp_harness, ok, well, "\"finishReason\":\"stop\"");
  talk_expect(&acp_harness, ok, forced, "\"finishReason\":\"stop\"");
  talk_expect(&acp_harness, ok, forced_status, "\"finishReason\":\"stop\"");
  talk_expect(&acp_harness, ok, failed, "\"code\":\"agent-exit\"");
  talk_expect(&acp_harness, ok, killed, "\"code\":\"agent-signal\"");
  talk_expect(&acp_harness, length, forced, "\"finishReason\":\"length\"");
  talk_expect(&acp_harness, error, forced,
              "\"message\":\"no credit\",\"code\":\"agent-error\"");
  talk_expect(&acp_harness, error, killed, "\"code\":\"agent-error\"");
  talk_expect(&acp_harness, none, well, "\"code\":\"no-result\"");
  talk_expect(&acp_harness, none, failed, "\"code\":\"agent-exit\"");
}

static void test_acp__hangs_up_after_the_answer_to_the_prompt(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_hear(&t, ACP_TEXT("one"), NULL);
  assert_false(t.talk.actions.hang_up);
  assert_false(acp_harness.succeeded(t.talk.state));
  acp_talk_hear(&t, ACP_END, NULL);
  assert_true(t.talk.actions.hang_up);
  assert_true(acp_harness.succeeded(t.talk.state));
  acp_talk_close(&t);
}

static void test_acp__hangs_up_when_there_will_be_no_prompt(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, "{\"id\":1,\"result\":{\"protocolVersion\":2}}", NULL);
  assert_true(t.talk.actions.hang_up);
  talk_end(&t.talk, (struct process_end){.signal = SIGTERM, .forced = true});
  acp_talk_told(&t, "speaks version 2 of the Agent Client Protocol, not 1.", true);
  acp_talk_close(&t);
}

static void test_acp__a_cancel_is_said_while_the_prompt_is_out_and_not_else(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  assert_false(acp_harness.cancel(t.talk.state, &t.talk.output));
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  assert_true(acp_harness.cancel(t.talk.state, &t.talk.output));
  assert_string_equal(buf_cstring(&t.talk.actions.input),
                      "{\"jsonrpc\":\"2.0\",\"method\":\"session/cancel\",\"params\":{"
                      "\"sessionId\":\"s-1\"}}\n");
  buf_clear(&t.talk.actions.input);
  acp_talk_hear(&t,
                "{\"id\":7,\"method\":\"session/request_permission\",\"params\":{"
                "\"toolCall\":{\"toolCallId\":\"c\"},\"options\":[{\"kind\":"
                "\"allow_once\",\"optionId\":\"a\"}]}}",
                "\"id\":7,\"result\":{\"outcome\":{\"outcome\":\"cancelled\"}}");
  acp_talk_hear(&t, "{\"id\":8,\"result\":{\"stopReason\":\"cancelled\"}}", NULL);
  assert_true(t.talk.actions.hang_up);
  assert_false(acp_harness.succeeded(t.talk.state));
  acp_talk_close(&t);
}

static void expect_structured(const char *text, const char *wanted)
{
  struct acp_talk t;
  acp_talk_open(&t, &acp_harness);
  t.req.output_schema = SPAN_LITERAL("{\"type\":\"object\"}");
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "{\\\"type\\\":\\\"object\\\"}");
  acp_talk_hear(&t, ACP_TEXT("{\\\"early\\\":1}"), NULL);
  acp_talk_hear(&t,
                "{\"method\":\"session/update\",\"params\":{\"update\":{"
                "\"sessionUpdate\":\"tool_call\",\"toolCallId\":\"c\",\"status\":"
                "\"completed\"}}}",
                NULL);
  acp_talk_hear(&t, text, NULL);
  acp_talk_hear(&t, ACP_END, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, wanted, true);
  acp_talk_close(&t);
}

static void test_acp__the_value_is_looked_for_behind_the_last_tool_call(void **state)
{
  (void)state;
  expect_structured(ACP_TEXT("It is {\\\"n\\\":7}"), "\"object\":{\"n\":7}");
  expect_structured(ACP_TEXT("no"), "structured-output-parse-failed");
}

static void test_acp__answers_to_nothing_it_has_asked_are_nothing(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_OPEN, NULL);
  acp_talk_hear(&t, ACP_END, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_INIT, NULL);
  acp_talk_hear(&t, "{\"id\":\"5\",\"result\":{\"sessionId\":\"x\"}}", NULL);
  acp_talk_hear(&t, "{\"id\":55,\"result\":{\"sessionId\":\"x\"}}", NULL);
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  assert_false(t.talk.actions.hang_up);
  acp_talk_close(&t);
}

static void test_grok__is_its_own_name_and_program(void **state)
{
  struct acp_talk t;
  (void)state;
  assert_string_equal(grok_build_harness.program, "grok");
  acp_talk_open(&t, &grok_build_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_told(&t, "grok-build.session-id", true);
  acp_talk_hear(&t, "{\"id\":8,\"result\":{\"stopReason\":\"refusal\"}}", NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "Grok Build refused the request.", true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_acp__record_and_end_decide_together),
      cmocka_unit_test(test_acp__hangs_up_after_the_answer_to_the_prompt),
      cmocka_unit_test(test_acp__hangs_up_when_there_will_be_no_prompt),
      cmocka_unit_test(test_acp__a_cancel_is_said_while_the_prompt_is_out_and_not_else),
      cmocka_unit_test(test_acp__the_value_is_looked_for_behind_the_last_tool_call),
      cmocka_unit_test(test_acp__answers_to_nothing_it_has_asked_are_nothing),
      cmocka_unit_test(test_grok__is_its_own_name_and_program),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
