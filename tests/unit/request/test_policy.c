/* SPDX-License-Identifier: MIT */
#include "request/policy.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NO  PERMISSION_DENY
#define YES PERMISSION_ALLOW
#define ASK PERMISSION_ASK

static void test_policy__a_star_is_any_run_of_bytes_and_all_else_is_itself(void **state)
{
  (void)state;
  static const struct {
    const char *pattern, *text;
    bool matches;
  } rows[] = {
      {"ls", "ls", true},
      {"ls", "ls -l", false},
      {"ls", "als", false},
      {"", "", true},
      {"", "x", false},
      {"*", "", true},
      {"*", "any\nthing", true},
      {"**", "", true},
      {"git *", "git push", true},
      {"git *", "git ", true},
      {"git *", "git", false},
      {"git *", "gitx push", false},
      {"* --force", "push --force", true},
      {"* --force", "push --forced", false},
      {"a*b*c", "abc", true},
      {"a*b*c", "a1b2b3c", true},
      {"a*b*c", "a1c2b", false},
      {"a*b*c", "acb", false},
      {"*ab", "aab", true},
      {"*ab*ab", "abab", true},
      {"*ab*ab", "aba", false},
      {"ab*ba", "aba", false}, /* the same byte is not both */
      {"a.c", "abc", false},
      {"[x]?(y)|$^{1}+\\", "[x]?(y)|$^{1}+\\", true},
      {"rm *", "rm -r a\nls", true}, /* newlines too: TanStack's own '.' stops there */
      {"\xc3\xa9*", "\xc3\xa9t\xc3\xa9", true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (policy_pattern_matches(span_of(rows[i].pattern), span_of(rows[i].text)) !=
        rows[i].matches)
      fail_msg("\"%s\" and \"%s\"", rows[i].pattern, rows[i].text);
}

static void test_policy__a_long_line_costs_no_more_than_its_length(void **state)
{
  (void)state;
  struct buf line = buf_make(SIZE_MAX), pattern = buf_make(SIZE_MAX);
  for (size_t i = 0; i < 1 << 20; i++)
    buf_add_char(&line, 'a');
  for (size_t i = 0; i < 1000; i++)
    buf_add_text(&pattern, "*a");
  for (size_t i = 0; i < 1000; i++)
    buf_add_char(&pattern, 'a');
  buf_add_text(&pattern, "b*");
  assert_false(policy_pattern_matches(buf_span(&pattern), buf_span(&line)));
  buf_free(&line);
  buf_free(&pattern);
}

static enum permission decided(const struct policy *p, enum permission_kind kind,
                               const char *tool, const char *command)
{
  const struct policy_act act = {kind, span_of(tool), span_of(command)};
  return policy_decide(p, &act);
}

static enum permission run_line(const struct policy *p, const char *command)
{
  return decided(p, PERMISSION_KIND_COMMAND, "Bash", command);
}

static struct policy_rule rules[] = {
    {SPAN_LITERAL("git push --force*"), PERMISSION_DENY},
    {SPAN_LITERAL("WebSearch"), PERMISSION_DENY},
    {SPAN_LITERAL("git push*"), PERMISSION_ASK},
    {SPAN_LITERAL("git *"), PERMISSION_ALLOW},
    {SPAN_LITERAL("test"), PERMISSION_ALLOW},
    {SPAN_LITERAL("npm run build"), PERMISSION_ALLOW},
    {SPAN_LITERAL("Skill"), PERMISSION_ALLOW},
};

static void test_policy__rules_then_capabilities_then_the_default_decide(void **state)
{
  (void)state;
  struct workspace_script scripts[] = {
      {SPAN_LITERAL("build"), SPAN_LITERAL("npm run build")},
      {SPAN_LITERAL("test"), SPAN_LITERAL("vitest run")}};
  const struct workspace_plan workspace = {.scripts = scripts, .script_count = 2};
  struct policy p = {.given = true,
                     .rules = rules,
                     .rule_count = sizeof rules / sizeof *rules,
                     .otherwise = ASK,
                     .file_write = NO,
                     .network = YES,
                     .workspace = &workspace};
  assert_int_equal(run_line(&p, "git push --force-with-lease"), NO);
  assert_int_equal(run_line(&p, "git push origin"), ASK);
  assert_int_equal(run_line(&p, " git status\n"), YES);
  assert_int_equal(run_line(&p, "rm x"), ASK);
  assert_int_equal(run_line(&p, "vitest run"), YES); /* what "test" stands for */
  assert_int_equal(run_line(&p, "test"), YES);
  assert_int_equal(run_line(&p, "build"), YES); /* stands for what is allowed */
  assert_int_equal(run_line(&p, "vitest"), ASK);
  assert_int_equal(decided(&p, PERMISSION_KIND_EDIT, "Write", ""), NO);
  assert_int_equal(decided(&p, PERMISSION_KIND_NETWORK, "WebFetch", ""), YES);
  assert_int_equal(decided(&p, PERMISSION_KIND_NETWORK, "WebSearch", ""), NO);
  assert_int_equal(decided(&p, PERMISSION_KIND_OTHER, "Skill", ""), YES);
  assert_int_equal(decided(&p, PERMISSION_KIND_OTHER, "Task", "git status"), ASK);
  assert_int_equal(decided(&p, PERMISSION_KIND_READ, "Read", ""), ASK);
  p.workspace = NULL;
  assert_int_equal(run_line(&p, "vitest run"), ASK);
}

static void test_policy__restricts_as_soon_as_anything_is_not_allowed(void **state)
{
  (void)state;
  struct policy p = {.otherwise = YES, .file_write = YES, .network = YES};
  assert_false(policy_restricts(&p));
  p.given = true;
  assert_false(policy_restricts(&p));
  p.rules = &rules[3];
  p.rule_count = 1;
  assert_false(policy_restricts(&p)); /* allowed twice */
  p.rules = rules;
  assert_true(policy_restricts(&p));
  p.rule_count = 0;
  p.network = ASK;
  assert_true(policy_restricts(&p));
  p.network = YES;
  p.file_write = NO;
  assert_true(policy_restricts(&p));
  p.file_write = YES;
  p.otherwise = ASK;
  assert_true(policy_restricts(&p));
}

static void id_is(enum permission_kind kind, const char *tool, const char *command,
                  const char *id)
{
  const struct policy_act act = {kind, span_of(tool), span_of(command)};
  struct buf out = buf_make(KIB);
  policy_put_id("acp", &act, &out);
  assert_string_equal(buf_cstring(&out), id);
  buf_free(&out);
}

static void test_policy__the_same_act_has_the_same_id(void **state)
{
  (void)state;
  id_is(PERMISSION_KIND_COMMAND, "Bash", "git push", "acp:command:git push");
  id_is(PERMISSION_KIND_EDIT, "Write", "", "acp:fileWrite:Write");
  id_is(PERMISSION_KIND_NETWORK, "WebFetch", "", "acp:network:WebFetch");
  id_is(PERMISSION_KIND_OTHER, "Task", "", "acp:tool:Task");
  id_is(PERMISSION_KIND_READ, "Read", "", "acp:tool:Read");
  char line[POLICY_TARGET_BYTES + 2] = {0};
  memset(line, 'x', POLICY_TARGET_BYTES);
  struct buf out = buf_make(KIB), other = buf_make(KIB);
  struct policy_act act = {PERMISSION_KIND_COMMAND, {0}, span_of(line)};
  policy_put_id("acp", &act, &out);
  assert_int_equal(out.len, 12 + POLICY_TARGET_BYTES); /* whole */
  buf_clear(&out);
  line[POLICY_TARGET_BYTES] = 'y';
  act.command = span_of(line);
  policy_put_id("acp", &act, &out);
  assert_int_equal(out.len, 12 + POLICY_TARGET_BYTES + 3 + 16);
  line[POLICY_TARGET_BYTES] = 'z'; /* of what is not shown the hash tells */
  policy_put_id("acp", &act, &other);
  assert_false(span_equal(buf_span(&out), buf_span(&other)));
  buf_free(&out);
  buf_free(&other);
}

static void test_policy__an_answer_of_the_request_is_of_its_id_alone(void **state)
{
  (void)state;
  struct policy_approval given[] = {{SPAN_LITERAL("a"), true},
                                    {SPAN_LITERAL("b"), false}};
  const struct policy p = {.approvals = given, .approval_count = 2};
  assert_int_equal(policy_answered(&p, SPAN_LITERAL("a")), YES);
  assert_int_equal(policy_answered(&p, SPAN_LITERAL("b")), NO);
  assert_int_equal(policy_answered(&p, SPAN_LITERAL("ab")), ASK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_policy__a_star_is_any_run_of_bytes_and_all_else_is_itself),
      cmocka_unit_test(test_policy__a_long_line_costs_no_more_than_its_length),
      cmocka_unit_test(test_policy__rules_then_capabilities_then_the_default_decide),
      cmocka_unit_test(test_policy__restricts_as_soon_as_anything_is_not_allowed),
      cmocka_unit_test(test_policy__the_same_act_has_the_same_id),
      cmocka_unit_test(test_policy__an_answer_of_the_request_is_of_its_id_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
