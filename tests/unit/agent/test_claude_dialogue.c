/* SPDX-License-Identifier: MIT */
/* Both ways: what Claude Code 2.1.332 was seen to say, and what it is told. */
#include "agent/claude_code/claude_dialogue.h"

#include "agent/harnesses.h"
#include "base/limits.h"
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ASK(id, tool, more)                                                              \
  "{\"type\":\"control_request\",\"request_id\":\"" id                                   \
  "\",\"request\":{\"subtype\":\"can_use_tool\",\"tool_name\":\"" tool                   \
  "\",\"input\":{\"command\": \"touch x\",\"n\":1.0},\"tool_use_id\":\"toolu_1\"" more   \
  "}}"
#define ANSWER(id, response)                                                             \
  "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":" \
  "\"" id "\",\"response\":" response "}}\n"
#define ALLOWED(id)                                                                      \
  ANSWER(id, "{\"behavior\":\"allow\",\"updatedInput\":{\"command\": \"touch x\",\"n\":" \
             "1.0}}")
#define DENIED(id, why) ANSWER(id, "{\"behavior\":\"deny\",\"message\":\"" why "\"}")

struct test {
  struct talk talk;
  struct message message;
  struct run_request req; /* outlives the state */
};

/* A run in this mode, as somebody talks with it or not. */
static void begin(struct test *t, const char *mode, bool dialogue)
{
  static const struct bridge_address bridge = {.name = SPAN_LITERAL("tanstack"),
                                               .url = SPAN_LITERAL("u"),
                                               .token = SPAN_LITERAL("t")};
  struct plan_place place = {.folder = SPAN_LITERAL("/f"),
                             .workspace = SPAN_LITERAL("/w"),
                             .dialogue = dialogue};
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  *t = (struct test){.message = {ROLE_USER, SPAN_LITERAL("/hi \"there\"")}};
  t->req = (struct run_request){.model = SPAN_LITERAL("m"),
                                .messages = &t->message,
                                .message_count = 1,
                                .permission_mode = span_of(mode)};
  talk_open(&t->talk, &claude_code_harness);
  t->talk.actions.can_ask = dialogue;
  assert_int_equal(
      claude_code_harness.plan(t->talk.state, &t->req, &bridge, &place, &plan, &f), 0);
  assert_int_equal(plan.input, dialogue ? INPUT_DIALOGUE : INPUT_ONCE);
  assert_string_equal(buf_cstring(&plan.first_input),
                      dialogue ? "{\"type\":\"user\",\"message\":{\"role\":\"user\","
                                 "\"content\":[{\"type\":\"text\",\"text\":\"\\n/hi "
                                 "\\\"there\\\"\"}]}}\n"
                               : "\n/hi \"there\"");
  process_plan_free(&plan);
}

/* What Claude is told by now, which is forgotten. */
static void expect_told(struct test *t, const char *wanted)
{
  assert_string_equal(buf_cstring(&t->talk.actions.input), wanted);
  buf_clear(&t->talk.actions.input);
}

static void shut(struct test *t)
{
  talk_end(&t->talk, (struct process_end){0});
  talk_close(&t->talk);
}

static void test_claude_dialogue__the_mode_answers_what_is_asked_of_nobody(void **state)
{
  static const struct {
    const char *mode, *shell, *write, *read, *host;
  } rows[] = {
      {"", ALLOWED("r"), ALLOWED("r"), ALLOWED("r"), ALLOWED("r")},
      {"acceptEdits", "", ALLOWED("r"), ALLOWED("r"), ALLOWED("r")},
      {"default", "", "", "", ALLOWED("r")},
      {"plan", DENIED("r", "This run does not allow it."),
       DENIED("r", "This run does not allow it."),
       DENIED("r", "This run does not allow it."),
       DENIED("r", "This run does not allow it.")},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct test t;
    begin(&t, rows[i].mode, true);
    talk_say(&t.talk, ASK("r", "Bash", ""));
    expect_told(&t, rows[i].shell);
    talk_say(&t.talk, ASK("r", "Write", ""));
    expect_told(&t, rows[i].write);
    talk_say(&t.talk, ASK("r", "Grep", ""));
    expect_told(&t, rows[i].read);
    talk_say(&t.talk, ASK("r", "mcp__tanstack__echo", ""));
    expect_told(&t, rows[i].host);
    talk_say(&t.talk, ASK("r", "mcp__other__echo", ""));
    expect_told(&t, rows[i].shell);
    shut(&t);
  }
}

static void test_claude_dialogue__an_answer_goes_to_its_question(void **state)
{
  struct test t;
  const struct agent_answer yes = {.yes = true},
                            no = {.reason = SPAN_LITERAL("not \"that\"")},
                            other = {.yes = true, .input = SPAN_LITERAL("{\"a\": 2}")};
  (void)state;
  begin(&t, "default", true);
  talk_say(&t.talk, ASK("r-1", "Bash", ",\"blocked_path\":\"/x\""));
  talk_say(&t.talk, ASK("r-2", "Bash", ""));
  talk_say(&t.talk, ASK("r-3", "Bash", ""));
  expect_told(&t, "");
  assert_int_equal(t.talk.actions.question_count, 3);
  struct agent_action_question *q = &t.talk.actions.questions[0];
  assert_string_equal(buf_cstring(&q->id), "r-1");
  assert_string_equal(buf_cstring(&q->call), "toolu_1");
  assert_string_equal(buf_cstring(&q->tool), "Bash");
  assert_string_equal(buf_cstring(&q->input), "{\"command\": \"touch x\",\"n\":1.0}");
  void *claude = t.talk.state;
  struct agent_output *output = &t.talk.output;
  assert_false(claude_code_harness.permit(claude, SPAN_LITERAL("toolu_1"), &yes, output));
  assert_true(claude_code_harness.permit(claude, SPAN_LITERAL("r-2"), &no, output));
  expect_told(&t, DENIED("r-2", "not \\\"that\\\""));
  assert_true(claude_code_harness.permit(claude, SPAN_LITERAL("r-1"), &yes, output));
  expect_told(&t, ALLOWED("r-1"));
  assert_true(claude_code_harness.permit(claude, SPAN_LITERAL("r-3"), &other, output));
  expect_told(&t, ANSWER("r-3", "{\"behavior\":\"allow\",\"updatedInput\":{\"a\": 2}}"));
  assert_false(claude_code_harness.permit(claude, SPAN_LITERAL("r-3"), &yes, output));
  expect_told(&t, "");
  shut(&t);
}

static void
test_claude_dialogue__a_question_for_a_person_is_asked_in_every_mode(void **state)
{
  static const char *const modes[] = {"bypassPermissions", "plan"};
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct test t;
    begin(&t, modes[i], true);
    talk_say(&t.talk, ASK("r-1", "AskUserQuestion", ""));
    talk_say(&t.talk, ASK("r-2", "New", ",\"requires_user_interaction\":true"));
    expect_told(&t, "");
    assert_int_equal(t.talk.actions.question_count, 2);
    t.talk.actions.can_ask = false;
    talk_say(&t.talk, ASK("r-3", "ExitPlanMode", ""));
    expect_told(&t, DENIED("r-3", "This run does not allow it."));
    shut(&t);
  }
}

static void
test_claude_dialogue__a_question_that_is_taken_back_needs_no_answer(void **state)
{
  struct test t;
  const struct agent_answer yes = {.yes = true};
  (void)state;
  begin(&t, "default", true);
  talk_say(&t.talk, ASK("r-1", "Bash", ""));
  talk_say(&t.talk, "{\"type\":\"control_cancel_request\",\"request_id\":\"r-0\"}");
  assert_int_equal(t.talk.actions.withdrawn_count, 0);
  talk_say(&t.talk, "{\"type\":\"control_cancel_request\",\"request_id\":\"r-1\"}");
  assert_int_equal(t.talk.actions.withdrawn_count, 1);
  assert_string_equal(buf_cstring(&t.talk.actions.withdrawn[0]), "r-1");
  assert_false(claude_code_harness.permit(t.talk.state, SPAN_LITERAL("r-1"), &yes,
                                          &t.talk.output));
  expect_told(&t, "");
  shut(&t);
}

static void test_claude_dialogue__whatever_else_is_asked_is_refused(void **state)
{
  struct test t;
  (void)state;
  begin(&t, "", true);
  talk_say(&t.talk, "{\"type\":\"control_request\",\"request_id\":\"r\",\"request\":{"
                    "\"subtype\":\"hook_callback\"}}");
  expect_told(&t,
              "{\"type\":\"control_response\",\"response\":{\"subtype\":\"error\","
              "\"request_id\":\"r\",\"error\":\"hook_callback is not supported\"}}\n");
  talk_say(&t.talk, "{\"type\":\"control_request\"}");
  expect_told(&t, "{\"type\":\"control_response\",\"response\":{\"subtype\":\"error\","
                  "\"request_id\":\"\",\"error\":\" is not supported\"}}\n");
  talk_say(&t.talk, "{\"type\":\"control_response\",\"response\":{\"subtype\":"
                    "\"success\",\"request_id\":\"interrupt-1\"}}");
  talk_say(&t.talk, "{\"type\":\"command_lifecycle\",\"state\":\"queued\"}");
  expect_told(&t, "");
  shut(&t);
}

static int say(struct test *t, struct span text, bool next, struct fault *f)
{
  const struct agent_words words = {SPAN_LITERAL("m-1"), text, next};
  *f = (struct fault){0};
  return claude_code_harness.say(t->talk.state, &words, &t->talk.output, f);
}

static void test_claude_dialogue__more_words_obey_the_prompt_guard(void **state)
{
  struct test t;
  struct fault f = {0};
  (void)state;
  begin(&t, "", true);
  assert_int_equal(say(&t, SPAN_LITERAL("\n/clear"), false, &f), 0);
  expect_told(
      &t, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{"
          "\"type\":\"text\",\"text\":\"\xe2\x81\xa0\\n/clear\"}]},\"uuid\":\"m-1\"}\n");
  t.req.harness_options.prompt_commands = true;
  assert_int_equal(say(&t, SPAN_LITERAL("/clear"), false, &f), 0);
  expect_told(&t, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{"
                  "\"type\":\"text\",\"text\":\"/clear\"}]},\"uuid\":\"m-1\"}\n");
  assert_int_equal(say(&t, SPAN_LITERAL(" \n"), false, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  struct buf much = buf_make(LIMIT_PROMPT_BYTES);
  while (much.len <= 10 * MIB)
    buf_add_text(&much,
                 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde");
  assert_int_equal(say(&t, buf_span(&much), false, &f), -1);
  assert_int_equal(f.kind, FAULT_TOO_BIG);
  expect_told(&t, "");
  buf_free(&much);
  shut(&t);
}

#define LIFECYCLE(id, state)                                                             \
  "{\"type\":\"command_lifecycle\",\"command_uuid\":\"" id "\",\"state\":\"" state "\"}"
#define RESULT                                                                           \
  "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"result\":\"x\","    \
  "\"num_turns\":1}"

static void test_claude_dialogue__it_tells_which_words_its_model_gets(void **state)
{
  struct test t;
  struct fault f;
  (void)state;
  begin(&t, "", true);
  assert_int_equal(say(&t, SPAN_LITERAL("x"), false, &f), 0);
  talk_say(&t.talk, LIFECYCLE("m-1", "queued"));
  talk_say(&t.talk, RESULT);
  assert_int_equal(t.talk.actions.heard_count, 0);
  assert_true(t.talk.actions.hang_up);
  talk_say(&t.talk, LIFECYCLE("m-1", "started"));
  assert_int_equal(t.talk.actions.heard_count, 1);
  assert_string_equal(buf_cstring(&t.talk.actions.heard[0].id), "m-1");
  assert_false(t.talk.actions.hang_up); /* a turn more */
  talk_say(&t.talk, RESULT);
  agent_actions_clear(&t.talk.actions);
  assert_int_equal(say(&t, SPAN_LITERAL("y"), true, &f), 0);
  assert_false(t.talk.actions.hang_up);
  shut(&t);
  begin(&t, "", true); /* an older one does not */
  assert_int_equal(say(&t, SPAN_LITERAL("x"), false, &f), 0);
  talk_say(&t.talk, RESULT);
  assert_int_equal(t.talk.actions.heard_count, 1);
  shut(&t);
}

static void test_claude_dialogue__it_is_interrupted_while_its_turn_lasts(void **state)
{
  struct test t;
  (void)state;
  begin(&t, "", true);
  assert_true(claude_code_harness.cancel(t.talk.state, &t.talk.output));
  expect_told(&t, "{\"type\":\"control_request\",\"request_id\":\"interrupt-1\","
                  "\"request\":{\"subtype\":\"interrupt\"}}\n");
  talk_say(&t.talk, "{\"type\":\"result\",\"subtype\":\"error_during_execution\","
                    "\"is_error\":true}");
  assert_true(t.talk.actions.hang_up);
  assert_false(claude_code_harness.cancel(t.talk.state, &t.talk.output));
  shut(&t);
  begin(&t, "", false); /* nobody talks with it: signals */
  assert_false(claude_code_harness.cancel(t.talk.state, &t.talk.output));
  expect_told(&t, "");
  shut(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_claude_dialogue__the_mode_answers_what_is_asked_of_nobody),
      cmocka_unit_test(test_claude_dialogue__an_answer_goes_to_its_question),
      cmocka_unit_test(
          test_claude_dialogue__a_question_for_a_person_is_asked_in_every_mode),
      cmocka_unit_test(
          test_claude_dialogue__a_question_that_is_taken_back_needs_no_answer),
      cmocka_unit_test(test_claude_dialogue__whatever_else_is_asked_is_refused),
      cmocka_unit_test(test_claude_dialogue__more_words_obey_the_prompt_guard),
      cmocka_unit_test(test_claude_dialogue__it_tells_which_words_its_model_gets),
      cmocka_unit_test(test_claude_dialogue__it_is_interrupted_while_its_turn_lasts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
