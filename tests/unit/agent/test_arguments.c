/* SPDX-License-Identifier: MIT */
#include "agent/arguments.h"

#include "base/limits.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_arguments__an_option_and_its_value(void **state)
{
  struct strv argv = {0};
  struct fault f = {0};
  (void)state;
  assert_int_equal(
      arguments_add(&argv, "--model", SPAN_LITERAL("m-1"), "model", "codex", &f), 0);
  assert_int_equal(argv.count, 2);
  assert_string_equal(argv.at[0], "--model");
  assert_string_equal(argv.at[1], "m-1");
  strv_free(&argv);
}

static void expect_refused(struct span value, enum fault_kind kind, const char *words)
{
  struct strv argv = {0};
  struct fault f = {0};
  assert_int_equal(arguments_add(&argv, "--model", value, "model", "codex", &f), -1);
  assert_int_equal(argv.count, 0);
  assert_int_equal(f.kind, kind);
  assert_non_null(strstr(f.text, words));
  strv_free(&argv);
}

static void test_arguments__what_a_command_line_cannot_hold_is_refused(void **state)
{
  char *long_text = mem_new(LIMIT_ARGUMENT_BYTES + 1);
  (void)state;
  memset(long_text, 'a', LIMIT_ARGUMENT_BYTES + 1);
  expect_refused((struct span){0}, FAULT_BAD_INPUT, "model must not be empty");
  expect_refused(SPAN_LITERAL("-x"), FAULT_BAD_INPUT, "begin with '-' for codex");
  expect_refused(SPAN_LITERAL("a\0b"), FAULT_BAD_INPUT, "NUL");
  expect_refused((struct span){long_text, LIMIT_ARGUMENT_BYTES + 1}, FAULT_TOO_BIG,
                 "longer than");
  free(long_text);
}

static void test_arguments__a_file_is_named_by_its_path_and_taken(void **state)
{
  struct process_plan plan = process_plan_make();
  struct plan_place place = {.folder = SPAN_LITERAL("/private/run-1"),
                             .workspace = SPAN_LITERAL("/w")};
  struct buf content = buf_make(KIB);
  (void)state;
  buf_add_text(&content, "{}");
  arguments_add_file(&plan, &place, "--schema", "schema.json", &content);
  assert_string_equal(plan.argv.at[0], "--schema");
  assert_string_equal(plan.argv.at[1], "/private/run-1/schema.json");
  assert_int_equal(plan.file_count, 1);
  assert_string_equal(plan.files[0].name, "schema.json");
  assert_string_equal(buf_cstring(&plan.files[0].content), "{}");
  assert_int_equal(content.len, 0);
  process_plan_free(&plan);
}

static void test_arguments__the_agents_deadline_lies_behind_ours(void **state)
{
  struct run_request req = {0};
  (void)state;
  assert_int_equal(arguments_tool_deadline_ms(&req), LIMIT_TOOL_MS + 30000);
  req.deadlines.tool_ms = 1000;
  assert_int_equal(arguments_tool_deadline_ms(&req), 31000);
  req.deadlines.tool_ms = INT32_MAX;
  assert_int_equal(arguments_tool_deadline_ms(&req), INT32_MAX);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_arguments__an_option_and_its_value),
      cmocka_unit_test(test_arguments__what_a_command_line_cannot_hold_is_refused),
      cmocka_unit_test(test_arguments__a_file_is_named_by_its_path_and_taken),
      cmocka_unit_test(test_arguments__the_agents_deadline_lies_behind_ours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
