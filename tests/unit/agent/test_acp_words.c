/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_words.h"

#include "agent/harnesses.h"

#include "acp_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEERS                                                                           \
  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocolVersion\":1,"                     \
  "\"agentCapabilities\":{},\"_meta\":{\"steering\":{\"supported\":true}}}}"
#define END(usage)                                                                       \
  "{\"id\":8,\"result\":{\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":" usage  \
  ",\"outputTokens\":1}}}"

static void open_turn(struct acp_talk *t, const char *init)
{
  acp_talk_open(t, &acp_harness);
  acp_talk_begin(t, NULL);
  acp_talk_hear(t, init, "session/new");
}

static void says(struct acp_talk *t, const char *text, bool next, const char *sent)
{
  struct fault f = {0};
  const struct agent_words words = {SPAN_LITERAL("m-1"), span_of(text), next};
  if (acp_harness.say(t->talk.state, &words, &t->talk.output, &f) < 0)
    fail_msg("%s", f.text);
  if (!strstr(buf_cstring(&t->talk.actions.input), sent))
    fail_msg("%s", buf_cstring(&t->talk.actions.input));
  buf_clear(&t->talk.actions.input);
}

static void refuses(struct acp_talk *t, bool next, const char *why)
{
  struct fault f = {0};
  const struct agent_words words = {SPAN_LITERAL("m-1"), SPAN_LITERAL("x"), next};
  assert_int_equal(acp_harness.say(t->talk.state, &words, &t->talk.output, &f), -1);
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_string_equal(f.text, why);
}

static void heard(struct acp_talk *t, const char *why)
{
  assert_int_equal(t->talk.actions.heard_count, 1);
  assert_string_equal(buf_cstring(&t->talk.actions.heard[0].id), "m-1");
  assert_string_equal(buf_cstring(&t->talk.actions.heard[0].why), why);
  agent_actions_clear(&t->talk.actions);
}

static void test_acp_words__steer_an_agent_that_offers_it(void **state)
{
  struct acp_talk t;
  (void)state;
  open_turn(&t, STEERS);
  refuses(&t, false, "the agent has not begun yet");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  refuses(&t, true, "the agent's turn goes on");
  says(
      &t, "/now", false,
      "{\"jsonrpc\":\"2.0\",\"id\":\"say-m-1\",\"method\":\"_session/steering\","
      "\"params\":{\"sessionId\":\"s-1\",\"prompt\":[{\"type\":\"text\",\"text\":\"User: "
      "/now\"}],\"_meta\":{\"steering\":{\"idleBehavior\":\"promptRequired\"}}}}\n");
  acp_talk_hear(&t, "{\"id\":\"say-m-1\",\"result\":{\"outcome\":\"injected\"}}", NULL);
  heard(&t, "");
  says(&t, "x", false, "_session/steering");
  acp_talk_hear(&t, "{\"id\":\"say-m-1\",\"result\":{\"outcome\":\"promptRequired\"}}",
                NULL);
  heard(&t, "the agent's turn is over");
  says(&t, "x", false, "_session/steering");
  acp_talk_hear(&t, "{\"id\":\"say-m-1\",\"error\":{\"code\":-1,\"message\":\"no\"}}",
                NULL);
  heard(&t, "no");
  acp_talk_hear(&t, ACP_END, NULL);
  refuses(&t, false, "the agent's turn is over");
  acp_talk_close(&t);
}

static void
test_acp_words__others_have_a_next_turn_and_their_tokens_are_summed(void **state)
{
  struct acp_talk t;
  (void)state;
  open_turn(&t, ACP_INIT);
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  refuses(&t, false,
          "acp cannot be steered (it offers no _meta.steering): send the message as its "
          "next turn");
  acp_talk_hear(&t, ACP_TEXT("One"), NULL);
  acp_talk_hear(&t, END("10"), NULL);
  assert_true(t.talk.actions.hang_up);
  says(&t, "two", true,
       "\"id\":8,\"method\":\"session/"
       "prompt\",\"params\":{\"sessionId\":\"s-1\",\"prompt\":"
       "[{\"type\":\"text\",\"text\":\"two\"}]}}\n");
  heard(&t, "");
  assert_false(t.talk.actions.hang_up);
  assert_false(acp_harness.succeeded(t.talk.state));
  acp_talk_hear(&t, ACP_TEXT("Two"), NULL);
  acp_talk_hear(&t, END("20"), NULL);
  says(&t, "three", true, "three");
  acp_talk_hear(&t, ACP_TEXT("Three"), NULL);
  acp_talk_hear(&t, ACP_END, NULL); /* it tells none */
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "\"promptTokens\":30,\"completionTokens\":2", true);
  acp_talk_close(&t);
}

static void test_acp_words__copilot_counts_its_session(void **state)
{
  struct span command[] = {SPAN_LITERAL("copilot"), SPAN_LITERAL("--acp")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.command = (struct spans){command, 2};
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_hear(&t, ACP_TEXT("One"), NULL);
  acp_talk_hear(&t, END("10"), NULL);
  says(&t, "two", true, "two");
  acp_talk_hear(&t, ACP_TEXT("Two"), NULL);
  acp_talk_hear(&t, END("30"), NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "\"promptTokens\":30,\"completionTokens\":1", true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_acp_words__steer_an_agent_that_offers_it),
      cmocka_unit_test(
          test_acp_words__others_have_a_next_turn_and_their_tokens_are_summed),
      cmocka_unit_test(test_acp_words__copilot_counts_its_session),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
