/* SPDX-License-Identifier: MIT */
#include "agent/gemini/gemini_plan.h"

#include "agent/harnesses.h"
#include "base/limits.h"

#include "acp_talk.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_argv(struct run_request req, const char *wanted, const char *input)
{
  struct message message = {ROLE_USER, SPAN_LITERAL("hi")};
  struct process_plan plan = process_plan_make();
  struct buf joined = buf_make(MIB);
  struct fault f = {0};
  req.messages = &message;
  req.message_count = 1;
  assert_int_equal(gemini_plan(&req, false, &plan, &f), 0);
  for (size_t i = 0; i < plan.argv.count; i++)
    buf_addf(&joined, i > 0 ? " %s" : "%s", plan.argv.at[i]);
  assert_string_equal(buf_cstring(&joined), wanted);
  assert_string_equal(buf_cstring(&plan.first_input), input);
  assert_string_equal(strv_env(&plan.env, "GEMINI_CLI_NO_RELAUNCH"), "true");
  assert_string_equal(strv_env(&plan.env, "GEMINI_CLI_TRUST_WORKSPACE"), "true");
  buf_free(&joined);
  process_plan_free(&plan);
}

static void test_plan__acp_unless_told_else(void **state)
{
  struct run_request req = {.model = SPAN_LITERAL("default")};
  (void)state;
  expect_argv(req, "gemini --acp", "");
  req.model = SPAN_LITERAL("gemini-x");
  req.harness_options.protocol = SPAN_LITERAL("acp");
  expect_argv(req, "gemini --acp --model gemini-x", "");
}

static void test_plan__stream_json_takes_the_prompt_on_stdin(void **state)
{
  static const char *const modes[][2] = {{"", "yolo"},
                                         {"bypassPermissions", "yolo"},
                                         {"acceptEdits", "auto_edit"},
                                         {"default", "default"},
                                         {"plan", "plan"}};
  struct span system[] = {SPAN_LITERAL("be kind")};
  struct run_request req = {.model = SPAN_LITERAL("gemini-x"),
                            .session_id = SPAN_LITERAL("s-1"),
                            .system_prompts = {system, 1}};
  (void)state;
  req.harness_options.protocol = SPAN_LITERAL("stream-json");
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    struct buf wanted = buf_make(4096);
    buf_addf(&wanted,
             "gemini --output-format stream-json --approval-mode %s --resume s-1 --model "
             "gemini-x",
             modes[i][1]);
    req.permission_mode = span_of(modes[i][0]);
    expect_argv(req, buf_cstring(&wanted), "be kind\n\nhi");
    buf_free(&wanted);
  }
}

static void expect_refused(struct run_request req, bool bridged, const char *wanted)
{
  struct message message = {ROLE_USER, SPAN_LITERAL("hi")};
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  req.messages = &message;
  req.message_count = 1;
  assert_int_equal(gemini_plan(&req, bridged, &plan, &f), -1);
  if (strstr(f.text, wanted) == NULL)
    fail_msg("%s is not in %s", wanted, f.text);
  process_plan_free(&plan);
}

static void test_plan__a_prompt_on_stdin_is_words(void **state)
{
  static const struct {
    const char *prompt, *plain;
  } rows[] = {{"/init", " /init"},
              {" /init", " /init"},
              {"a@b ", "a@\xe2\x81\xa0"
                       "b "}};
  (void)state;
  for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
    struct message message = {ROLE_USER, span_of(rows[i / 2].prompt)};
    struct run_request req = {.messages = &message, .message_count = 1};
    struct process_plan plan = process_plan_make();
    struct fault f = {0};
    req.harness_options.protocol = SPAN_LITERAL("stream-json");
    req.harness_options.prompt_commands = i % 2;
    assert_int_equal(gemini_plan(&req, false, &plan, &f), 0);
    assert_string_equal(buf_cstring(&plan.first_input),
                        i % 2 ? rows[i / 2].prompt : rows[i / 2].plain);
    process_plan_free(&plan);
  }
}

static void test_plan__what_it_cannot_do_is_refused(void **state)
{
  struct run_request req = {.model = SPAN_LITERAL("m")};
  (void)state;
  req.harness_options.protocol = SPAN_LITERAL("telepathy");
  expect_refused(req, false, "protocol must be acp or stream-json");
  req.harness_options.protocol = SPAN_LITERAL("stream-json");
  expect_refused(req, true, "tools over acp only");
  req.permission_mode = SPAN_LITERAL("dontAsk");
  expect_refused(req, false, "modelOptions.permissionMode");
  req.permission_mode = SPAN_LITERAL("");
  req.session_id = SPAN_LITERAL("--yolo");
  expect_refused(req, false, "modelOptions.sessionId");
  req.session_id = SPAN_LITERAL("");
  req.policy = (struct policy){.given = true};
  expect_refused(req, false, "policy over acp only");
  req.policy.given = false;
  req.model = SPAN_LITERAL("-m");
  expect_refused(req, false, "model");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plan__acp_unless_told_else),
      cmocka_unit_test(test_plan__stream_json_takes_the_prompt_on_stdin),
      cmocka_unit_test(test_plan__a_prompt_on_stdin_is_words),
      cmocka_unit_test(test_plan__what_it_cannot_do_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
