/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_requests.h"

#include "agent/harnesses.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ASK(kind, title)                                                                 \
  "{\"id\":\"p-1\",\"method\":\"session/request_permission\",\"params\":{\"toolCall\":{" \
  "\"toolCallId\":\"c\",\"kind\":\"" kind "\",\"title\":\"" title "\"},\"options\":[{"   \
  "\"kind\":\"allow_always\",\"optionId\":\"always\"},{\"kind\":\"allow_once\","         \
  "\"optionId\":\"once\"},{\"kind\":\"reject_once\",\"optionId\":\"no\"}]}}"
#define ALLOWED                                                                          \
  "{\"jsonrpc\":\"2.0\",\"id\":\"p-1\",\"result\":{\"outcome\":{\"outcome\":"            \
  "\"selected\",\"optionId\":\"once\"}}}\n"
#define REJECTED "\"optionId\":\"no\""

static void prompt_with(struct acp_talk *t, const char *permission)
{
  acp_talk_open(t, &acp_harness);
  t->req.permission_mode = span_of(permission);
  acp_talk_begin(t, NULL);
  acp_talk_hear(t, ACP_INIT, "session/new");
  acp_talk_hear(t,
                "{\"id\":5,\"result\":{\"sessionId\":\"s-1\",\"modes\":{"
                "\"currentModeId\":\"plan\",\"availableModes\":[{\"id\":\"plan\"}]}}}",
                "session/prompt");
}

static void test_requests__the_permission_mode_answers_for_the_user(void **state)
{
  static const struct {
    const char *mode, *edit, *shell, *bridged;
  } rows[] = {{"", ALLOWED, ALLOWED, ALLOWED},
              {"bypassPermissions", ALLOWED, ALLOWED, ALLOWED},
              {"acceptEdits", ALLOWED, REJECTED, ALLOWED},
              {"default", REJECTED, REJECTED, ALLOWED},
              {"plan", REJECTED, REJECTED, ALLOWED}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct acp_talk t;
    prompt_with(&t, rows[i].mode);
    acp_talk_hear(&t, ASK("edit", "x"), rows[i].edit);
    acp_talk_close(&t);
    prompt_with(&t, rows[i].mode);
    acp_talk_hear(&t, ASK("execute", "x"), rows[i].shell);
    acp_talk_close(&t);
    prompt_with(&t, rows[i].mode);
    acp_talk_hear(&t, ASK("execute", "mcp__tanstack__echo"), rows[i].bridged);
    acp_talk_close(&t);
  }
}

static void
test_requests__without_an_option_that_fits_the_answer_is_cancelled(void **state)
{
  struct acp_talk t;
  (void)state;
  prompt_with(&t, "");
  acp_talk_hear(&t,
                "{\"id\":0,\"method\":\"session/request_permission\",\"params\":{"
                "\"toolCall\":{\"toolCallId\":\"c\"},\"options\":[{\"kind\":"
                "\"reject_once\",\"optionId\":\"no\"}]}}",
                "\"id\":0,\"result\":{\"outcome\":{\"outcome\":\"cancelled\"}}");
  acp_talk_hear(&t, "{\"id\":1,\"method\":\"session/request_permission\"}",
                "\"id\":1,\"result\":{\"outcome\":{\"outcome\":\"cancelled\"}}");
  acp_talk_close(&t);
}

static void test_requests__everything_else_an_agent_asks_is_refused(void **state)
{
  static const char *const methods[] = {"fs/read_text_file", "terminal/create",
                                        "_x.ai/ask", "elicitation/create"};
  (void)state;
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
    struct acp_talk t;
    struct buf line = buf_make(4096);
    buf_addf(&line, "{\"id\":\"a\\u0041\",\"method\":\"%s\",\"params\":{}}", methods[i]);
    prompt_with(&t, "");
    acp_talk_hear(&t, buf_cstring(&line),
                  "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0041\",\"error\":{\"code\":-32601,"
                  "\"message\":\"Method not found\"}}\n");
    buf_free(&line);
    acp_talk_close(&t);
  }
}

static void test_requests__a_native_tool_gets_no_leave_by_its_words(void **state)
{
  struct acp_talk t;
  (void)state;
  prompt_with(&t, "default");
  acp_talk_hear(&t,
                "{\"id\":\"p-1\",\"method\":\"session/request_permission\",\"params\":{"
                "\"toolCall\":{\"toolCallId\":\"c\",\"title\":\"tanstack_echo\",\"kind\":"
                "\"execute\",\"rawInput\":{\"command\":\"tanstack_echo\"}},\"options\":[{"
                "\"kind\":\"allow_once\",\"optionId\":\"yes\"},{\"kind\":\"reject_once\","
                "\"optionId\":\"no\"}]}}",
                "\"optionId\":\"no\"");
  acp_talk_close(&t);
}

/* A question that nobody has answered yet: somebody can be asked, and the mode denies. */
static void ask_somebody(struct acp_talk *t)
{
  prompt_with(t, "default");
  t->talk.actions.can_ask = true;
  acp_talk_hear(t, ASK("execute", "x"), NULL);
  assert_int_equal(t->talk.actions.question_count, 1);
  const struct agent_action_question *q = &t->talk.actions.questions[0];
  assert_string_equal(buf_cstring((struct buf *)&q->id), "\"p-1\"");
  assert_string_equal(buf_cstring((struct buf *)&q->call), "c");
}

static void test_requests__what_somebody_is_asked_waits_for_the_answer(void **state)
{
  (void)state;
  for (int yes = 0; yes <= 1; yes++) {
    struct acp_talk t;
    struct agent_output *output = &t.talk.output;
    ask_somebody(&t);
    const struct agent_answer said = {.yes = yes, .reason = SPAN_LITERAL("no")};
    struct span asked = SPAN_LITERAL("\"p-1\"");
    assert_false(acp_harness.permit(t.talk.state, SPAN_LITERAL("\"c\""), &said, output));
    assert_true(acp_harness.permit(t.talk.state, asked, &said, output));
    assert_non_null(strstr(buf_cstring(&t.talk.actions.input), yes ? ALLOWED : REJECTED));
    assert_false(acp_harness.permit(t.talk.state, asked, &said, output)); /* once */
    acp_talk_close(&t);
  }
}

/* By the question and by what its call told before. */
static void test_requests__a_policy_decides_by_what_the_call_wants_to_do(void **state)
{
  static const struct {
    const char *call, *question; /* members of the tool call */
    bool allowed;
  } rows[] = {
      {NULL, "\"kind\":\"execute\",\"title\":\"Run\",\"rawInput\":{\"command\":\"ls\"}",
       true},
      {NULL, "\"kind\":\"execute\",\"rawInput\":{\"command\":\"rm x\"}", false},
      {NULL, "\"kind\":\"execute\",\"title\":\"rm x\"", false}, /* all there is */
      {NULL, "\"rawInput\":{\"command\":[\"bash\",\"-lc\",\"rm x\"]}", false},
      {NULL, "\"rawInput\":{\"cmd\":\"rm x\"}", false},
      {"\"kind\":\"execute\",\"title\":\"Run\",\"rawInput\":{\"command\":\"rm x\"}",
       "\"title\":\"Run\"", false},
      {"\"kind\":\"execute\",\"title\":\"Run\",\"rawInput\":{\"command\":\"ls\"}",
       "\"title\":\"Run\"", true},
      {"\"kind\":\"edit\",\"title\":\"a.txt\"", "\"rawInput\":{\"path\":\"a\"}", false},
      {NULL, "\"kind\":\"delete\",\"title\":\"x\"", false},
      {NULL, "\"kind\":\"fetch\",\"title\":\"http://x\"", true},
      {NULL, "\"kind\":\"read\",\"title\":\"x\"", true},
  };
  struct policy_rule rule = {SPAN_LITERAL("rm *"), PERMISSION_DENY};
  const struct policy policy = {.given = true,
                                .rules = &rule,
                                .rule_count = 1,
                                .otherwise = PERMISSION_ALLOW,
                                .network = PERMISSION_ALLOW};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct acp_talk t;
    struct buf line = buf_make(4096);
    prompt_with(&t, "default");
    t.talk.actions.policy = &policy;
    t.talk.actions.provider = "acp";
    if (rows[i].call) {
      buf_addf(&line,
               "{\"method\":\"session/update\",\"params\":{\"update\":{\"sessionUpdate\":"
               "\"tool_call\",\"toolCallId\":\"c\",\"status\":\"pending\",%s}}}",
               rows[i].call);
      acp_talk_hear(&t, buf_cstring(&line), NULL);
      buf_clear(&line);
    }
    buf_addf(
        &line,
        "{\"id\":\"p-1\",\"method\":\"session/request_permission\",\"params\":{"
        "\"toolCall\":{\"toolCallId\":\"c\",%s},\"options\":[{\"kind\":\"allow_once\","
        "\"optionId\":\"once\"},{\"kind\":\"reject_once\",\"optionId\":\"no\"}]}}",
        rows[i].question);
    acp_talk_hear(&t, buf_cstring(&line), rows[i].allowed ? ALLOWED : REJECTED);
    buf_free(&line);
    acp_talk_close(&t);
  }
}

static void test_requests__what_waits_is_cancelled_with_the_turn(void **state)
{
  struct acp_talk t;
  (void)state;
  ask_somebody(&t);
  assert_true(acp_harness.cancel(t.talk.state, &t.talk.output));
  assert_non_null(strstr(buf_cstring(&t.talk.actions.input), "session/cancel"));
  assert_non_null(strstr(buf_cstring(&t.talk.actions.input),
                         "\"id\":\"p-1\",\"result\":{\"outcome\":{\"outcome\":"
                         "\"cancelled\"}}"));
  const struct agent_answer said = {.yes = true};
  assert_false(
      acp_harness.permit(t.talk.state, SPAN_LITERAL("\"p-1\""), &said, &t.talk.output));
  acp_talk_close(&t);
  ask_somebody(&t); /* and one that is never answered leaks nothing */
  acp_talk_close(&t);
}

static void
test_requests__one_that_the_agent_takes_back_is_answered_as_cancelled(void **state)
{
  struct acp_talk t;
  (void)state;
  ask_somebody(&t);
  acp_talk_hear(
      &t, "{\"method\":\"$/cancel_request\",\"params\":{\"requestId\":\"p-2\"}}", NULL);
  acp_talk_hear(&t,
                "{\"method\":\"$/cancel_request\",\"params\":{\"requestId\":\"p-1\"}}",
                "\"id\":\"p-1\",\"error\":{\"code\":-32800");
  assert_int_equal(t.talk.actions.withdrawn_count, 1);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_requests__the_permission_mode_answers_for_the_user),
      cmocka_unit_test(
          test_requests__without_an_option_that_fits_the_answer_is_cancelled),
      cmocka_unit_test(test_requests__everything_else_an_agent_asks_is_refused),
      cmocka_unit_test(test_requests__what_somebody_is_asked_waits_for_the_answer),
      cmocka_unit_test(test_requests__a_policy_decides_by_what_the_call_wants_to_do),
      cmocka_unit_test(test_requests__what_waits_is_cancelled_with_the_turn),
      cmocka_unit_test(test_requests__a_native_tool_gets_no_leave_by_its_words),
      cmocka_unit_test(
          test_requests__one_that_the_agent_takes_back_is_answered_as_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
