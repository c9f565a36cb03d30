/* SPDX-License-Identifier: MIT */
#include "agent/agent_actions.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_agent_actions__what_is_said_waits(void **state)
{
  struct agent_actions actions = agent_actions_make();
  struct agent_output output = {.actions = &actions};
  (void)state;
  agent_write(&output, SPAN_LITERAL("one"));
  agent_write(&output, SPAN_LITERAL("two"));
  assert_string_equal(buf_cstring(&actions.input), "onetwo");
  assert_false(actions.hang_up);
  agent_hang_up(&output);
  agent_hang_up(&output);
  assert_true(actions.hang_up);
  agent_actions_free(&actions);
  assert_false(actions.hang_up);
  assert_int_equal(actions.input.len, 0);
}

static void test_agent_actions__calls_wait_as_copies_in_their_order(void **state)
{
  (void)state;
  struct agent_actions actions = agent_actions_make();
  struct agent_output output = {.actions = &actions};
  char url[] = "http://127.0.0.1:1/a", body[] = "{}", word[] = "Basic x";
  struct agent_call call = {.method = "POST",
                            .url = span_of(url),
                            .authorization = span_of(word),
                            .body = span_of(body)};
  agent_ask(&output, 4, &call);
  memset(url, 'z', sizeof url - 1);
  memset(body, 'z', sizeof body - 1);
  memset(word, 'z', sizeof word - 1);
  agent_follow(&output, 5,
               &(struct agent_call){.method = "GET", .url = SPAN_LITERAL("http://b")});
  assert_int_equal(actions.call_count, 2);
  const struct agent_action_call *c = actions.calls;
  assert_int_equal(c[0].tag, 4);
  assert_false(c[0].stream);
  assert_string_equal(c[0].method, "POST");
  assert_string_equal(c[0].url, "http://127.0.0.1:1/a");
  assert_string_equal(c[0].authorization, "Basic x");
  assert_string_equal(c[0].body.at, "{}");
  assert_int_equal(c[1].tag, 5);
  assert_true(c[1].stream);
  assert_null(c[1].authorization);
  assert_int_equal(c[1].body.len, 0);
  agent_actions_clear(&actions);
  assert_int_equal(actions.call_count, 0);
  agent_actions_free(&actions);
}

static void test_agent_actions__a_dismissed_agent_is_hung_up_on_too(void **state)
{
  (void)state;
  struct agent_actions actions = agent_actions_make();
  struct agent_output output = {.actions = &actions};
  agent_heartbeat(&output);
  assert_true(actions.heartbeat);
  agent_dismiss(&output);
  assert_true(actions.hang_up && actions.dismissed);
  agent_actions_free(&actions);
}

static void
test_agent_actions__a_question_waits_only_where_somebody_is_asked(void **state)
{
  (void)state;
  struct agent_actions actions = agent_actions_make();
  struct agent_output output = {.actions = &actions};
  const struct permission_question all = {.mode = PERMISSION_MODE_BYPASS},
                                   shell = {.mode = PERMISSION_MODE_DEFAULT};
  const struct agent_question d = {.id = SPAN_LITERAL("d")}, e = {SPAN_LITERAL("e"),
                                                                  SPAN_LITERAL("c"),
                                                                  SPAN_LITERAL("Bash"),
                                                                  SPAN_LITERAL("{}"),
                                                                  {0}};
  assert_int_equal(agent_permit(&output, &d, &shell), PERMISSION_DENY);
  assert_int_equal(agent_permit(&output, &d, &all), PERMISSION_ALLOW);
  actions.can_ask = true;
  assert_int_equal(agent_permit(&output, &d, &all), PERMISSION_ALLOW);
  assert_int_equal(actions.question_count, 0);
  assert_int_equal(agent_permit(&output, &d, &shell), PERMISSION_ASK);
  assert_int_equal(agent_permit(&output, &e, &shell), PERMISSION_ASK);
  assert_int_equal(actions.question_count, 2);
  assert_string_equal(buf_cstring(&actions.questions[1].id), "e");
  assert_string_equal(buf_cstring(&actions.questions[1].call), "c");
  assert_string_equal(buf_cstring(&actions.questions[1].tool), "Bash");
  assert_string_equal(buf_cstring(&actions.questions[1].input), "{}");
  agent_withdraw(&output, d.id);
  assert_int_equal(actions.withdrawn_count, 1);
  assert_string_equal(buf_cstring(&actions.withdrawn[0]), "d");
  agent_actions_clear(&actions);
  assert_int_equal(actions.question_count + actions.withdrawn_count, 0);
  assert_true(actions.can_ask);
  agent_actions_free(&actions);
}

static void test_actions__a_turn_that_ended_stays_known_when_the_next_begins(void **state)
{
  struct agent_actions actions = agent_actions_make();
  struct agent_output output = {.actions = &actions};
  (void)state;
  agent_works_again(&output); /* it has worked all the time */
  assert_false(actions.hang_up || actions.ended);
  agent_tasks(&output, 2);
  agent_hang_up(&output);
  assert_true(actions.hang_up && actions.ended);
  agent_works_again(&output);
  assert_false(actions.hang_up);
  assert_true(actions.ended);
  agent_actions_clear(&actions); /* as after each call */
  assert_int_equal(actions.open_tasks, 2);
  agent_dismiss(&output);
  agent_works_again(&output); /* too late: it is being ended */
  assert_true(actions.hang_up);
  agent_actions_free(&actions);
}

static void test_agent_actions__under_a_policy_what_it_asks_about_has_an_id(void **state)
{
  (void)state;
  static struct policy_rule rule = {SPAN_LITERAL("ls*"), PERMISSION_ASK};
  static struct policy_approval given = {SPAN_LITERAL("x:command:ls b"), true};
  const struct policy policy = {.given = true,
                                .rules = &rule,
                                .rule_count = 1,
                                .otherwise = PERMISSION_DENY,
                                .approvals = &given,
                                .approval_count = 1};
  struct agent_actions actions = agent_actions_make();
  struct agent_output output = {.actions = &actions};
  struct agent_question q = {.id = SPAN_LITERAL("q"), .tool = SPAN_LITERAL("Bash")};
  struct permission_question may = {.mode = PERMISSION_MODE_BYPASS,
                                    .kind = PERMISSION_KIND_COMMAND};
  assert_true(span_is(agent_refusal(&output), "This run does not allow it."));
  actions.policy = &policy;
  actions.provider = "x";
  actions.can_ask = true;
  assert_true(span_is(agent_refusal(&output), "Denied by sandbox policy."));
  q.command = SPAN_LITERAL("cat a");
  assert_int_equal(agent_permit(&output, &q, &may), PERMISSION_DENY);
  q.command = SPAN_LITERAL("ls b"); /* answered by the request */
  assert_int_equal(agent_permit(&output, &q, &may), PERMISSION_ALLOW);
  assert_int_equal(actions.question_count, 0);
  q.command = SPAN_LITERAL("ls a");
  assert_int_equal(agent_permit(&output, &q, &may), PERMISSION_ASK);
  assert_int_equal(actions.question_count, 1);
  assert_true(span_is(buf_span(&actions.questions[0].approval), "x:command:ls a"));
  assert_true(span_is(buf_span(&actions.questions[0].title), "Approve Bash: ls a"));
  static char line[POLICY_TARGET_BYTES + 20] = "ls ";
  memset(line + 3, 'x', sizeof line - 4);
  q.command = span_of(line);
  assert_int_equal(agent_permit(&output, &q, &may), PERMISSION_ASK);
  const struct buf *title = &actions.questions[1].title;
  assert_int_equal(title->len, strlen("Approve Bash: ...") + POLICY_TARGET_BYTES);
  assert_memory_equal(title->at + title->len - 4, "x...", 4); /* it says that it is cut */
  may.host_tool = true; /* none of the policy's business */
  q.command = (struct span){0};
  assert_int_equal(agent_permit(&output, &q, &may), PERMISSION_ALLOW);
  may = (struct permission_question){.person = true};
  assert_int_equal(agent_permit(&output, &q, &may), PERMISSION_ASK);
  assert_int_equal(actions.questions[2].approval.len, 0);
  agent_actions_free(&actions);
}

static void test_agent_command__is_a_text_or_nothing(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"{\"command\":\"a \\u0022b\\\"\"}", "a \"b\""},
      {"{\"cmd\":\"a\"}", "a"},
      {"{\"command\":[\"a\",\"b c\"]}", "a b c"},
      {"{\"command\":[]}", ""},
      {"{\"command\":[\"/bin/sh\",\"-c\",\"ls x\"]}", "ls x"},
      {"{\"command\":[\"bash\",\"-lc\",\"ls\"]}", "ls"},
      {"{\"command\":[\"bash\",\"-lc\"]}", "bash -lc"},
      {"{\"command\":[\"python\",\"-c\",\"x\"]}", "python -c x"},
      {"{\"command\":[\"a\",\"bash\",\"-c\",\"x\"]}", "a bash -c x"},
      {"[]", ""},
      {"", ""}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct buf out = buf_make(KIB);
    agent_command(span_of(rows[i][0]), &out);
    assert_string_equal(buf_cstring(&out), rows[i][1]);
    buf_free(&out);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agent_actions__what_is_said_waits),
      cmocka_unit_test(test_agent_actions__calls_wait_as_copies_in_their_order),
      cmocka_unit_test(test_agent_actions__a_dismissed_agent_is_hung_up_on_too),
      cmocka_unit_test(test_agent_actions__a_question_waits_only_where_somebody_is_asked),
      cmocka_unit_test(test_actions__a_turn_that_ended_stays_known_when_the_next_begins),
      cmocka_unit_test(test_agent_actions__under_a_policy_what_it_asks_about_has_an_id),
      cmocka_unit_test(test_agent_command__is_a_text_or_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
