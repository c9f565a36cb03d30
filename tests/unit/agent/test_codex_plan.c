/* SPDX-License-Identifier: MIT */
#include "agent/codex/codex_plan.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct plan_place place = {.folder = SPAN_LITERAL("/tmp/run-1"),
                                        .workspace = SPAN_LITERAL("/workspace")};
static const struct bridge_address bridge = {.name = SPAN_LITERAL("tanstack"),
                                             .url =
                                                 SPAN_LITERAL("http://127.0.0.1:5/mcp"),
                                             .token = SPAN_LITERAL("s3cret-token")};

static struct mcp_header docs_headers[] = {
    {.name = SPAN_LITERAL("X-A"), .text = SPAN_LITERAL("one ${HOME}")},
    {.name = SPAN_LITERAL("Authorization"), .text = SPAN_LITERAL("Bearer k3y")}};
static struct mcp_server docs[] = {
    {SPAN_LITERAL("docs"), SPAN_LITERAL("https://h/m?a=b"), docs_headers, 2}};
static const struct mcp_servers servers = {docs, 1};

static struct run_request asking(struct message *message)
{
  *message = (struct message){.role = ROLE_USER, .text = SPAN_LITERAL("hi")};
  return (struct run_request){
      .messages = message, .message_count = 1, .model = SPAN_LITERAL("gpt-m")};
}

static void expect_argv(const struct process_plan *plan, const char *wanted)
{
  struct buf joined = buf_make(MIB);
  for (size_t i = 0; i < plan->argv.count; i++)
    buf_addf(&joined, i > 0 ? " %s" : "%s", plan->argv.at[i]);
  assert_string_equal(buf_cstring(&joined), wanted);
  buf_free(&joined);
}

#define FRONT "codex exec --json "
#define LAID_OVER                                                                        \
  " --skip-git-repo-check --config approval_policy=\"never\""                            \
  " --config check_for_update_on_startup=false --config analytics.enabled=false"         \
  " --config features.shell_snapshot=false"

static void test_plan__the_smallest_request(void **state)
{
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  assert_int_equal(codex_plan(&req, NULL, &place, &plan, &f), 0);
  expect_argv(&plan, FRONT "--model gpt-m --sandbox danger-full-access" LAID_OVER);
  assert_int_equal(plan.input, INPUT_ONCE);
  assert_string_equal(buf_cstring(&plan.first_input), "hi");
  assert_int_equal(plan.file_count, 0);
  assert_int_equal(plan.env.count, 0);
  process_plan_free(&plan);
}

static void test_plan__everything_else_in_its_place(void **state)
{
  struct span system[] = {SPAN_LITERAL("be kind")};
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  req.session_id = SPAN_LITERAL("01a0-x");
  req.effort = SPAN_LITERAL("hi\"gh");
  req.output_schema = SPAN_LITERAL("{\"type\":\"object\"}");
  req.system_prompts = (struct spans){system, 1};
  req.harness_options.sandbox = SPAN_LITERAL("workspace-write");
  req.permission_mode = SPAN_LITERAL("plan"); /* the sandbox wins */
  req.deadlines.tool_ms = 2500;
  assert_int_equal(codex_plan(&req, &bridge, &place, &plan, &f), 0);
  expect_argv(&plan, FRONT "--model gpt-m --sandbox workspace-write" LAID_OVER
                           " --config model_reasoning_effort=\"hi\\\"gh\" --config "
                           "mcp_servers.tanstack={url=\"http://127.0.0.1:5/mcp\","
                           "bearer_token_env_var=\"MCP_BRIDGE_TOKEN\",required=true,"
                           "default_tools_approval_mode=\"approve\",tool_timeout_sec=33} "
                           "--output-schema /tmp/run-1/output-schema.json resume 01a0-x");
  assert_string_equal(strv_env(&plan.env, "MCP_BRIDGE_TOKEN"), "s3cret-token");
  assert_string_equal(buf_cstring(&plan.first_input), "be kind\n\nhi");
  assert_int_equal(plan.file_count, 1);
  assert_string_equal(buf_cstring(&plan.files[0].content), "{\"type\":\"object\"}");
  for (size_t i = 0; i < plan.argv.count; i++)
    assert_null(strstr(plan.argv.at[i], "s3cret"));
  process_plan_free(&plan);
}

static void expect_input(const char *prompt, const char *wanted)
{
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  message.text = span_of(prompt);
  assert_int_equal(codex_plan(&req, NULL, &place, &plan, &f), 0);
  assert_string_equal(buf_cstring(&plan.first_input), wanted);
  process_plan_free(&plan);
}

static void test_plan__a_prompt_names_no_skill_and_keeps_its_bom(void **state)
{
  (void)state;
  expect_input("/clear @x !ls", "/clear @x !ls");
  expect_input("\xef\xbb\xbf$s for $5 ",
               "\xef\xbb\xbf\xef\xbb\xbf$\xe2\x81\xa0s for $5 ");
}

/* NULL: refused. */
static void expect_sandbox(const char *mode, const char *option, const char *wanted)
{
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  req.permission_mode = span_of(mode);
  req.harness_options.sandbox = span_of(option);
  int rc = codex_plan(&req, NULL, &place, &plan, &f);
  if (wanted == NULL) {
    assert_int_equal(rc, -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_non_null(strstr(f.text, option ? "harnessOptions.sandbox"
                                          : "modelOptions.permissionMode"));
  } else {
    assert_int_equal(rc, 0);
    assert_string_equal(plan.argv.at[6], wanted);
  }
  process_plan_free(&plan);
}

static void test_plan__the_sandbox_by_option_or_by_mode(void **state)
{
  (void)state;
  expect_sandbox(NULL, NULL, "danger-full-access");
  expect_sandbox("bypassPermissions", NULL, "danger-full-access");
  expect_sandbox("acceptEdits", NULL, "workspace-write");
  expect_sandbox("default", NULL, "read-only");
  expect_sandbox("plan", NULL, "read-only");
  expect_sandbox("yolo", NULL, NULL);
  expect_sandbox(NULL, "read-only", "read-only");
  expect_sandbox(NULL, "workspace-write", "workspace-write");
  expect_sandbox("plan", "danger-full-access", "danger-full-access");
  expect_sandbox(NULL, "none", NULL);
}

static void test_plan__a_policy_is_kept_by_the_sandbox_or_refused(void **state)
{
  static struct policy_rule ask = {SPAN_LITERAL("rm *"), PERMISSION_ASK},
                            allow = {SPAN_LITERAL("ls"), PERMISSION_ALLOW};
  static const char off[] = " --config sandbox_workspace_write.network_access=false "
                            "--config web_search=\"disabled\"";
  static const struct {
    struct policy policy;
    const char *sandbox;
    bool offline;
    const char *refused; /* the field */
  } rows[] = {
      {{.otherwise = PERMISSION_ALLOW,
        .file_write = PERMISSION_ALLOW,
        .network = PERMISSION_ALLOW,
        .rules = &allow,
        .rule_count = 1},
       "danger-full-access",
       false,
       NULL},
      {{.otherwise = PERMISSION_ALLOW,
        .file_write = PERMISSION_DENY,
        .network = PERMISSION_ALLOW},
       "read-only",
       false,
       NULL},
      {{.otherwise = PERMISSION_ALLOW,
        .file_write = PERMISSION_ALLOW,
        .network = PERMISSION_DENY},
       "workspace-write",
       true,
       NULL},
      {{.otherwise = PERMISSION_ALLOW}, "read-only", true, NULL},
      {{.otherwise = PERMISSION_ALLOW, .network = PERMISSION_ALLOW, .network_said = true},
       NULL,
       false,
       "policy.capabilities.network"},
      {{.otherwise = PERMISSION_ASK}, NULL, false, "policy.default"},
      {{.otherwise = PERMISSION_DENY}, NULL, false, "policy.default"},
      {{.otherwise = PERMISSION_ALLOW, .rules = &ask, .rule_count = 1},
       NULL,
       false,
       "policy.commands"},
      {{.otherwise = PERMISSION_ALLOW, .file_write = PERMISSION_ASK},
       NULL,
       false,
       "policy.capabilities.fileWrite"},
      {{.otherwise = PERMISSION_ALLOW,
        .file_write = PERMISSION_ALLOW,
        .network = PERMISSION_ASK},
       NULL,
       false,
       "policy.capabilities.network"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct message message;
    struct run_request req = asking(&message);
    struct process_plan plan = process_plan_make();
    struct fault f = {0};
    char wanted[400];
    req.policy = rows[i].policy;
    req.policy.given = true;
    req.permission_mode = policy_restricts(&req.policy)
                              ? SPAN_LITERAL("default")
                              : SPAN_LITERAL("bypassPermissions");
    int rc = codex_plan(&req, NULL, &place, &plan, &f);
    assert_int_equal(rc, rows[i].refused ? -1 : 0);
    if (rows[i].refused) {
      assert_int_equal(f.kind, FAULT_BAD_INPUT);
      assert_non_null(strstr(f.text, rows[i].refused));
    } else {
      (void)snprintf(wanted, sizeof wanted,
                     FRONT "--model gpt-m --sandbox %s --skip-git-repo-check --config "
                           "approval_policy=\"never\"%s --config "
                           "check_for_update_on_startup=false --config "
                           "analytics.enabled=false --config "
                           "features.shell_snapshot=false",
                     rows[i].sandbox, rows[i].offline ? off : "");
      expect_argv(&plan, wanted);
    }
    process_plan_free(&plan);
  }
}

static void test_plan__no_model_named_is_the_users_own(void **state)
{
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  req.model = SPAN_LITERAL("default");
  assert_int_equal(codex_plan(&req, NULL, &place, &plan, &f), 0);
  expect_argv(&plan, FRONT "--sandbox danger-full-access" LAID_OVER);
  process_plan_free(&plan);
}

static void expect_refused(const struct run_request *req, const char *words)
{
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  assert_int_equal(codex_plan(req, NULL, &place, &plan, &f), -1);
  assert_non_null(strstr(f.text, words));
  process_plan_free(&plan);
}

static void test_plan__what_a_command_line_cannot_hold_is_refused(void **state)
{
  struct message message;
  struct run_request req = asking(&message);
  (void)state;
  req.model = SPAN_LITERAL("-c");
  expect_refused(&req, "model must not");
  req = asking(&message);
  req.session_id = SPAN_LITERAL("--last");
  expect_refused(&req, "modelOptions.sessionId must not");
  req = asking(&message);
  req.effort = SPAN_LITERAL("a\0b");
  expect_refused(&req, "modelOptions.effort holds a NUL");
  req = asking(&message);
  message.text = SPAN_LITERAL("");
  expect_refused(&req, "Codex adapter requires a trailing user message");
}

static void test_plan__knows_where_the_native_program_lies(void **state)
{
  size_t count = 0;
  (void)state;
  for (; codex_plan_native_programs[count] != NULL; count++) {
    assert_int_equal(strncmp(codex_plan_native_programs[count], "../", 3), 0);
    assert_non_null(strstr(codex_plan_native_programs[count], "/vendor/"));
  }
#if defined(__x86_64__) || defined(__aarch64__)
  assert_int_equal(count, 2);
#endif
}

static void
test_plan__other_servers_stand_in_argv_without_their_headers_values(void **state)
{
  struct plan_place served = place;
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  served.servers = &servers;
  req.deadlines.tool_ms = 2500;
  assert_int_equal(codex_plan(&req, NULL, &served, &plan, &f), 0);
  expect_argv(&plan,
              FRONT "--model gpt-m --sandbox danger-full-access" LAID_OVER
                    " --config mcp_servers.docs={url=\"https://h/m?a=b\","
                    "env_http_headers={\"X-A\"=\"MCP_SERVER_0_HEADER_0\","
                    "\"Authorization\"=\"MCP_SERVER_0_HEADER_1\"},"
                    "default_tools_approval_mode=\"approve\",tool_timeout_sec=33}");
  assert_string_equal(strv_env(&plan.env, "MCP_SERVER_0_HEADER_0"), "one ${HOME}");
  assert_string_equal(strv_env(&plan.env, "MCP_SERVER_0_HEADER_1"), "Bearer k3y");
  process_plan_free(&plan);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plan__the_smallest_request),
      cmocka_unit_test(test_plan__everything_else_in_its_place),
      cmocka_unit_test(test_plan__a_prompt_names_no_skill_and_keeps_its_bom),
      cmocka_unit_test(test_plan__the_sandbox_by_option_or_by_mode),
      cmocka_unit_test(test_plan__a_policy_is_kept_by_the_sandbox_or_refused),
      cmocka_unit_test(test_plan__no_model_named_is_the_users_own),
      cmocka_unit_test(test_plan__what_a_command_line_cannot_hold_is_refused),
      cmocka_unit_test(test_plan__knows_where_the_native_program_lies),
      cmocka_unit_test(
          test_plan__other_servers_stand_in_argv_without_their_headers_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
