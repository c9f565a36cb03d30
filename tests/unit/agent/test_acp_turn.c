/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_turn.h"

#include "agent/harnesses.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_turn__outcome_and_end_decide_together(void **state)
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

static void test_turn__the_cost_of_a_resumed_session_says_whose_it_is(void **state)
{
  static const char cost[] =
      "{\"method\":\"session/update\",\"params\":{\"update\":{\"sessionUpdate\":\"usage_"
      "update\",\"cost\":{\"amount\":0.25,\"currency\":\"USD\"}}}}";
  (void)state;
  for (int resumed = 0; resumed < 2; resumed++) {
    struct acp_talk t;
    acp_talk_open(&t, &acp_harness);
    if (resumed)
      t.req.session_id = SPAN_LITERAL("s-1");
    acp_talk_begin(&t, NULL);
    acp_talk_hear(&t,
                  "{\"id\":1,\"result\":{\"protocolVersion\":1,\"agentCapabilities\":{"
                  "\"sessionCapabilities\":{\"resume\":{}}}}}",
                  resumed ? "session/resume" : "session/new");
    acp_talk_hear(&t, resumed ? "{\"id\":3,\"result\":{}}" : ACP_OPEN, "session/prompt");
    acp_talk_hear(&t, cost, NULL);
    acp_talk_hear(&t,
                  "{\"id\":8,\"result\":{\"stopReason\":\"end_turn\",\"usage\":{"
                  "\"inputTokens\":1,\"outputTokens\":1}}}",
                  NULL);
    talk_end(&t.talk, (struct process_end){0});
    acp_talk_told(&t, "\"sessionCostUsd\":0.25", resumed);
    acp_talk_told(&t, "totalCostUsd", !resumed);
    acp_talk_close(&t);
  }
}

#define QUOTA(tokens, models)                                                            \
  "{\"id\":8,\"result\":{\"stopReason\":\"end_turn\",\"_meta\":{\"quota\":{"             \
  "\"token_count\":{\"input_tokens\":" tokens ",\"output_tokens\":" tokens               \
  "},\"model_usage\":[" models "]}}}}"

static void test_turn__gemini_that_counted_no_token_had_no_answer(void **state)
{
  const struct process_end well = {0};
  const char *const end[] = {QUOTA("0", ""), QUOTA("0", "{\"model\":\"m\"}"),
                             QUOTA("7", "")};
  const char *const good[] = {QUOTA("7", "{\"model\":\"m\"}"), ACP_END};
  (void)state;
  for (size_t i = 0; i < sizeof end / sizeof end[0]; i++) {
    const char *const lines[] = {ACP_INIT, ACP_OPEN, ACP_TEXT("Half."), end[i], NULL};
    talk_expect(&gemini_harness, lines, well, "\"code\":\"no-result\"");
    talk_expect(&acp_harness, lines, well, "\"finishReason\":\"stop\"");
  }
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    const char *const lines[] = {ACP_INIT, ACP_OPEN, ACP_TEXT("Whole."), good[i], NULL};
    talk_expect(&gemini_harness, lines, well, "\"finishReason\":\"stop\"");
  }
}

static void expect_structured(const char *text, const char *end, const char *wanted)
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
  acp_talk_hear(&t, end, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, wanted, true);
  acp_talk_close(&t);
}

static void test_turn__the_value_is_looked_for_behind_the_last_tool_call(void **state)
{
  (void)state;
  static const char cut[] = "{\"id\":8,\"result\":{\"stopReason\":\"max_tokens\"}}";
  static const char *const ends[] = {ACP_END, cut};
  for (size_t i = 0; i < 2; i++) {
    expect_structured(ACP_TEXT("It is {\\\"n\\\":7}"), ends[i], "\"object\":{\"n\":7}");
    expect_structured(ACP_TEXT("no"), ends[i], "structured-output-parse-failed");
  }
  expect_structured(ACP_TEXT("no"), cut, "\"finishReason\":\"length\"");
}

static void end_of(const char *agent, const char *last, const char *wanted)
{
  struct acp_talk t;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.command.count = 0;
  t.req.harness_options.agent = span_of(agent);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_hear(&t, ACP_TEXT("Info: Request failed due to an error. Retrying..."), NULL);
  acp_talk_hear(&t, ACP_TEXT("Error: Authentication failed (HTTP 401)."), NULL);
  acp_talk_hear(&t, last, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, wanted, true);
  acp_talk_close(&t);
}

static void test_turn__an_error_in_place_of_an_answer_is_told_as_one(void **state)
{
  static const char counted[] =
      "{\"id\":8,\"result\":{\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":1,"
      "\"outputTokens\":1}}}";
  (void)state;
  end_of("copilot", ACP_END, "(HTTP 401).\",\"code\":\"agent-error\"");
  end_of("copilot", counted, "RUN_FINISHED");
  end_of("opencode", ACP_END, "answer-may-be-an-error");
  end_of("opencode", ACP_END, "RUN_FINISHED");
  end_of("claude", "{\"id\":8,\"error\":{\"message\":\"Authentication required\"}}",
         "Authentication required: Info: Request failed");
}

static void test_turn__what_was_learned_of_the_session_is_told_at_the_end(void **state)
{
#define TELLS(text)                                                                      \
  "{\"method\":\"session/update\",\"params\":{\"sessionId\":\"s-1\",\"update\":{" text   \
  "}}}"
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_hear(
      &t, TELLS("\"sessionUpdate\":\"usage_update\",\"used\":150,\"size\":2000"), NULL);
  acp_talk_hear(&t, TELLS("\"sessionUpdate\":\"session_info_update\",\"title\":\"A\""),
                NULL);
  acp_talk_hear(&t, ACP_END, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t,
                "{\"sessionId\":\"s-1\",\"title\":\"A\",\"context\":{\"used\":150,"
                "\"size\":2000}}",
                true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_turn__outcome_and_end_decide_together),
      cmocka_unit_test(test_turn__gemini_that_counted_no_token_had_no_answer),
      cmocka_unit_test(test_turn__the_cost_of_a_resumed_session_says_whose_it_is),
      cmocka_unit_test(test_turn__the_value_is_looked_for_behind_the_last_tool_call),
      cmocka_unit_test(test_turn__an_error_in_place_of_an_answer_is_told_as_one),
      cmocka_unit_test(test_turn__what_was_learned_of_the_session_is_told_at_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
