/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_state.h"

#include "agent/harnesses.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_state__the_first_reason_to_fail_wins(void **state)
{
  struct agent_actions actions = agent_actions_make();
  struct agent_output output = {.actions = &actions};
  struct acp a = {0};
  (void)state;
  acp_fail(&a, &output, "refusal", SPAN_LITERAL("first"));
  assert_true(actions.hang_up);
  acp_fail(&a, &output, "agent-error", SPAN_LITERAL("second"));
  assert_int_equal(a.outcome, ACP_ERROR);
  assert_string_equal(buf_cstring(&a.code), "refusal");
  assert_string_equal(buf_cstring(&a.text), "first");
  acp_free(&a);
  agent_actions_free(&actions);
}

static void test_state__the_words_of_an_error_are_where_agents_put_them(void **state)
{
  static const char *const rows[][2] = {
      {"{\"error\":{\"message\":\"Bad\"}}", "Bad"},
      {"{\"error\":{\"message\":\"Bad\",\"data\":\"why\"}}", "Bad: why"},
      {"{\"error\":{\"message\":\"Bad\",\"data\":{\"details\":\"why\"}}}", "Bad: why"},
      {"{\"error\":{\"data\":{\"error\":\"why\"}}}", "why"},
      {"{\"error\":{\"message\":\"Bad\",\"data\":[1, 2]}}", "Bad: [1, 2]"},
      {"{\"error\":{}}", "no reason was given"}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct fault f = {0};
    struct buf words = buf_make(1000);
    struct json *doc = json_parse(span_of(rows[i][0]), NULL, &f);
    acp_add_error(doc, span_of(rows[i][0]), &words);
    assert_string_equal(buf_cstring(&words), rows[i][1]);
    json_free(doc);
    buf_free(&words);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_state__the_first_reason_to_fail_wins),
      cmocka_unit_test(test_state__the_words_of_an_error_are_where_agents_put_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
