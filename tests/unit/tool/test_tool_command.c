/* SPDX-License-Identifier: MIT */
/* Through a call: what a local command is given, and what is made of its end. */
#include "tool/tool_command.h"

#include "tool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_command(const char *command, const char *result, const char *failure)
{
  struct tool_fixture d;
  static char path[] = "PATH=/usr/bin:/bin";
  char *env[] = {path, NULL};
  tool_fixture_open(&d);
  d.source.command = command;
  d.source.command_env = env;
  tool_fixture_use(&d, tool_command_claim);
  tool_fixture_start(&d, "{\"n\":1.0}");
  tool_fixture_wait(&d);
  assert_string_equal(buf_cstring(&d.result), result);
  assert_string_equal(buf_cstring(&d.failure), failure);
  assert_int_equal(d.host.requests, 0);
  tool_fixture_close(&d);
}

static void
test_tool_command__a_commands_json_is_the_result_and_all_else_a_string(void **state)
{
  (void)state;
  expect_command("cat", "{\"name\":\"a \\\"tool\\\"\",\"args\":{\"n\":1.0}}", "");
  expect_command("echo '  [1, 2.0] '", "[1, 2.0]", "");
  expect_command("echo 12", "12", "");
  expect_command("echo plain \\\"text", "\"plain \\\"text\"", "");
  expect_command("echo '1 2'", "\"1 2\"", "");
  expect_command("echo '1,\"result\":2'", "\"1,\\\"result\\\":2\"", "");
  expect_command("echo '1}'", "\"1}\"", "");
  expect_command("true", "\"\"", "");
  expect_command("printf 'a\\377'", "\"a\xef\xbf\xbd\"", "");
}

static void test_tool_command__a_commands_failure_is_told_in_its_words(void **state)
{
  (void)state;
  expect_command("echo nonsense; echo why not >&2; exit 3", "",
                 "Tool execution failed: why not");
  expect_command("exit 3", "",
                 "Tool execution failed: --tool-command exited with code 3");
  expect_command("kill -9 $$", "",
                 "Tool execution failed: --tool-command was killed by signal 9");
}

static void
test_tool_command__a_command_ends_at_its_deadline_or_when_cancelled(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  d.source.command = "sleep 1000";
  tool_fixture_use(&d, tool_command_claim);
  d.route.timeout_ms = 200;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_non_null(strstr(buf_cstring(&d.failure), "200 ms"));
  tool_fixture_close(&d);
  tool_fixture_open(&d);
  d.source.command = "sleep 1000";
  tool_fixture_use(&d, tool_command_claim);
  struct tool_call *c = tool_fixture_start(&d, "{}");
  tool_fixture_cancel(&d, c);
  tool_fixture_wait(&d);
  assert_true(d.cancelled);
  tool_fixture_close(&d);
}

static void test_tool_command__a_source_without_a_command_is_left_to_others(void **state)
{
  (void)state;
  struct tool_source source = {0};
  struct tool_executor executor = {0};
  struct fault f = {0};
  assert_int_equal(tool_command_claim(&source, &executor, &f), 0);
  assert_int_equal(f.kind, FAULT_NONE);
}

#define TEST(name) cmocka_unit_test(test_tool_command__##name)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_commands_json_is_the_result_and_all_else_a_string),
      TEST(a_commands_failure_is_told_in_its_words),
      TEST(a_command_ends_at_its_deadline_or_when_cancelled),
      TEST(a_source_without_a_command_is_left_to_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
