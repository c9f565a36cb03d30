/* SPDX-License-Identifier: MIT */
#include "agent/policy_settings.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct policy_rule rules[] = {{SPAN_LITERAL("Skill"), PERMISSION_DENY},
                                     {SPAN_LITERAL("task"), PERMISSION_ASK},
                                     {SPAN_LITERAL("mcp__a__b"), PERMISSION_ASK},
                                     {SPAN_LITERAL("git *"), PERMISSION_ALLOW}};
static const struct policy policy = {.given = true, .rules = rules, .rule_count = 4};

static void test_policy_settings__claude_is_to_ask_about_each_act(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  policy_settings_claude(&policy, &out);
  assert_string_equal(buf_cstring(&out),
                      "{\"permissions\":{\"ask\":[\"Bash\",\"Monitor\",\"Edit\","
                      "\"Write\",\"NotebookEdit\","
                      "\"WebFetch\",\"WebSearch\",\"Skill\",\"mcp__a__b\"]}}");
  buf_free(&out);
}

static void test_policy_settings__opencode_is_to_ask_by_a_variable(void **state)
{
  (void)state;
  struct strv env = {0};
  policy_settings_opencode(&policy, "X", &env);
  assert_string_equal(
      strv_env(&env, "X"),
      "{\"bash\":\"ask\",\"edit\":\"ask\",\"webfetch\":\"ask\",\"websearch\":\"ask\","
      "\"codesearch\":\"ask\",\"Skill\":\"ask\",\"task\":\"ask\",\"mcp__a__b\":\"ask\"}");
  strv_free(&env);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_policy_settings__claude_is_to_ask_about_each_act),
      cmocka_unit_test(test_policy_settings__opencode_is_to_ask_by_a_variable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
