/* SPDX-License-Identifier: MIT */
#include "run/approvals.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bool opens_as(struct approvals *all, const char *id, const char *question,
                     const char *as)
{
  return span_is(approvals_open(all, span_of(id), span_of(question)), as);
}

static void test_approvals__of_two_with_one_id_the_second_has_a_number(void **state)
{
  (void)state;
  struct approvals all = {0};
  struct fault f = {0};
  assert_true(opens_as(&all, "a", "q1", "a"));
  assert_true(opens_as(&all, "a", "q2", "a#2"));
  assert_true(opens_as(&all, "a", "q3", "a#3"));
  const struct approval *a = approvals_find(&all, SPAN_LITERAL("a#2"), &f);
  assert_true(a && span_is(buf_span(&a->question), "q2"));
  approvals_close(&all, SPAN_LITERAL("q1"));
  assert_null(approvals_find(&all, SPAN_LITERAL("a"), &f));
  assert_int_equal(f.kind, FAULT_CONFLICT);
  assert_true(opens_as(&all, "a", "q4", "a")); /* its id is free again */
  a = approvals_find(&all, SPAN_LITERAL("a"), &f);
  assert_true(a && span_is(buf_span(&a->question), "q4"));
  assert_null(approvals_find(&all, SPAN_LITERAL("b"), &f));
  assert_int_equal(f.kind, FAULT_UNKNOWN);
  approvals_end(&all);
  assert_null(approvals_find(&all, SPAN_LITERAL("a#3"), &f));
  assert_int_equal(f.kind, FAULT_CONFLICT);
  approvals_free(&all);
}

static void test_approvals__what_is_over_makes_room_and_what_is_open_stays(void **state)
{
  (void)state;
  struct approvals all = {0};
  struct fault f = {0};
  char id[20];
  assert_true(opens_as(&all, "stays", "q", "stays"));
  for (unsigned i = 0; i < 1000; i++) {
    (void)snprintf(id, sizeof id, "%u", i);
    assert_true(opens_as(&all, id, id, id));
    approvals_close(&all, span_of(id));
    assert_true(all.count <= LIMIT_OPEN_QUESTIONS);
  }
  assert_non_null(approvals_find(&all, SPAN_LITERAL("stays"), &f));
  approvals_free(&all);
}

static void test_approvals__the_value_is_what_both_clients_take(void **state)
{
  (void)state;
  struct agent_action_question asked = {.title = buf_make(KIB)};
  buf_add_text(&asked.title, "Approve Bash: ls");
  struct run_question told = {.tool = SPAN_LITERAL("Bash"),
                              .tool_call_json = SPAN_LITERAL("\"t-1\""),
                              .input = SPAN_LITERAL("{\"command\":1.0}"),
                              .approval = SPAN_LITERAL("x:command:ls")};
  struct buf value = buf_make(KIB);
  approvals_put(&asked, &told, "x", 5, &value);
  assert_string_equal(
      buf_cstring(&value),
      "{\"approvalId\":\"x:command:ls\",\"title\":\"Approve Bash: "
      "ls\",\"provider\":\"x\","
      "\"toolName\":\"Bash\",\"toolCallId\":\"t-1\",\"input\":{\"command\":1.0},"
      "\"approval\":{\"id\":\"x:command:ls\",\"needsApproval\":true},\"heldMs\":5}");
  buf_clear(&value);
  told.tool_call_json = told.input = (struct span){0};
  approvals_put(&asked, &told, "x", 0, &value);
  assert_string_equal(
      buf_cstring(&value),
      "{\"approvalId\":\"x:command:ls\",\"title\":\"Approve Bash: "
      "ls\",\"provider\":\"x\","
      "\"toolName\":\"Bash\",\"toolCallId\":\"x:command:ls\",\"input\":{},"
      "\"approval\":{\"id\":\"x:command:ls\",\"needsApproval\":true},\"heldMs\":0}");
  buf_free(&value);
  buf_free(&asked.title);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_approvals__of_two_with_one_id_the_second_has_a_number),
      cmocka_unit_test(test_approvals__what_is_over_makes_room_and_what_is_open_stays),
      cmocka_unit_test(test_approvals__the_value_is_what_both_clients_take),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
