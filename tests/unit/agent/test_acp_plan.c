/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_plan.h"

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

static const struct bridge_address bridge = {.name = SPAN_LITERAL("tanstack"),
                                             .url =
                                                 SPAN_LITERAL("http://127.0.0.1:5/mcp"),
                                             .token = SPAN_LITERAL("s3cret-token")};

static struct mcp_header docs_headers[] = {
    {.name = SPAN_LITERAL("X-A"), .text = SPAN_LITERAL("one ${HOME}")},
    {.name = SPAN_LITERAL("Authorization"), .text = SPAN_LITERAL("Bearer k3y")}};
static struct mcp_server docs[] = {
    {SPAN_LITERAL("docs"), SPAN_LITERAL("https://h/m?a=b"), docs_headers, 2}};

static void expect_argv(const struct acp_talk *t, const char *wanted)
{
  struct buf joined = buf_make(MIB);
  for (size_t i = 0; i < t->plan.argv.count; i++)
    buf_addf(&joined, i > 0 ? " %s" : "%s", t->plan.argv.at[i]);
  assert_string_equal(buf_cstring(&joined), wanted);
  assert_null(strstr(buf_cstring(&joined), "s3cret"));
  buf_free(&joined);
}

static void test_plan__any_agent_is_started_by_its_command_line(void **state)
{
  struct span words[] = {SPAN_LITERAL("npx"), SPAN_LITERAL("-y"),
                         SPAN_LITERAL("@zed-industries/codex-acp@0.16.0")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.command = (struct spans){words, 3};
  acp_talk_begin(&t, &bridge);
  expect_argv(&t, "npx -y @zed-industries/codex-acp@0.16.0");
  assert_int_equal(t.plan.env.count, 0);
  assert_int_equal(t.plan.file_count, 0);
  acp_talk_close(&t);
}

static void test_plan__claude_code_acp_gets_its_token_by_the_environment(void **state)
{
  struct span words[] = {SPAN_LITERAL("npx"),
                         SPAN_LITERAL("@zed-industries/claude-code-acp@0.16.2")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.command = (struct spans){words, 2};
  acp_talk_begin(&t, &bridge);
  assert_string_equal(strv_env(&t.plan.env, "IS_SANDBOX"), "1");
  assert_string_equal(strv_env(&t.plan.env, "MCP_BRIDGE_TOKEN"), "s3cret-token");
  acp_talk_hear(&t, ACP_INIT, "\"value\":\"Bearer ${MCP_BRIDGE_TOKEN}\"");
  acp_talk_close(&t);
}

static void test_plan__gemini_as_any_agent_gets_what_it_needs(void **state)
{
  struct span words[] = {SPAN_LITERAL("/opt/bin/gemini"), SPAN_LITERAL("--acp")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.command = (struct spans){words, 2};
  acp_talk_begin(&t, NULL);
  assert_string_equal(strv_env(&t.plan.env, "GEMINI_CLI_NO_RELAUNCH"), "true");
  acp_talk_close(&t);
}

static void test_plan__an_agent_that_is_known_has_its_own_skills_folder(void **state)
{
  (void)state;
  struct span words[] = {SPAN_LITERAL("npx"), SPAN_LITERAL("@zed/codex-acp@2")};
  struct run_request req = {.harness_options.agent = SPAN_LITERAL("copilot")};
  assert_string_equal(acp_harness.skills_for(&req), ".github .agents .claude");
  req.harness_options.command = (struct spans){words, 2};
  assert_string_equal(acp_harness.skills_for(&req), ".codex .agents");
  words[1] = SPAN_LITERAL("nobody");
  assert_null(acp_harness.skills_for(&req));
}

static void test_plan__grok(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &grok_build_harness);
  acp_talk_begin(&t, &bridge);
  expect_argv(&t, "grok agent --no-leader --always-approve stdio");
  /* else the workspace's AGENTS.md and skills are nothing to it */
  assert_string_equal(strv_env(&t.plan.env, "GROK_FOLDER_TRUST"), "0");
  acp_talk_close(&t);
  acp_talk_open(&t, &grok_build_harness);
  t.req.model = SPAN_LITERAL("grok-4.6");
  t.req.effort = SPAN_LITERAL("high");
  t.req.permission_mode = SPAN_LITERAL("default");
  acp_talk_begin(&t, NULL);
  expect_argv(&t, "grok agent -m grok-4.6 --reasoning-effort high --no-leader stdio");
  acp_talk_close(&t);
}

static void expect_refused(const struct harness *harness, struct run_request req)
{
  struct process_plan plan = process_plan_make();
  struct plan_place place = {.folder = SPAN_LITERAL("/f"),
                             .workspace = SPAN_LITERAL("/w")};
  struct talk t;
  struct fault f = {0};
  talk_open(&t, harness);
  assert_int_equal(harness->plan(t.state, &req, NULL, &place, &plan, &f), -1);
  assert_int_not_equal(f.kind, FAULT_NONE);
  talk_end(&t, (struct process_end){0});
  process_plan_free(&plan);
  talk_close(&t);
}

static void test_plan__what_it_cannot_start_with_is_refused(void **state)
{
  struct message message = {ROLE_USER, SPAN_LITERAL("hi")};
  struct run_request empty = {.model = SPAN_LITERAL("m")};
  struct run_request option = {
      .model = SPAN_LITERAL("-x"), .messages = &message, .message_count = 1};
  (void)state;
  expect_refused(&acp_harness, empty);
  expect_refused(&grok_build_harness, empty);
  expect_refused(&grok_build_harness, option);
}

static void test_plan__other_servers_come_with_the_session(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &grok_build_harness);
  t.req.harness_options.command.count = 0;
  t.servers = (struct mcp_servers){docs, 1};
  acp_talk_begin(&t, NULL);
  assert_null(strv_env(&t.plan.env, "MCP_SERVER_0_HEADER_0"));
  acp_talk_hear(&t, ACP_INIT,
                "\"mcpServers\":[{\"type\":\"http\",\"name\":\"docs\",\"url\":"
                "\"https://h/m?a=b\",\"headers\":[{\"name\":\"X-A\",\"value\":"
                "\"one ${HOME}\"},{\"name\":\"Authorization\",\"value\":"
                "\"Bearer k3y\"}]}]");
  acp_talk_close(&t);
}

/* It expands variables in headers, and puts them into an argv. */
static void test_plan__claude_code_acp_gets_all_headers_by_the_environment(void **state)
{
  struct span words[] = {SPAN_LITERAL("claude-code-acp")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.command = (struct spans){words, 1};
  t.servers = (struct mcp_servers){docs, 1};
  acp_talk_begin(&t, &bridge);
  assert_string_equal(strv_env(&t.plan.env, "MCP_SERVER_0_HEADER_0"), "one ${HOME}");
  assert_string_equal(strv_env(&t.plan.env, "MCP_SERVER_0_HEADER_1"), "Bearer k3y");
  acp_talk_hear(&t, ACP_INIT, "\"value\":\"${MCP_SERVER_0_HEADER_1}\"");
  acp_talk_close(&t);
}

static void test_plan__what_of_a_budget_is_counted_is_the_agent_s(void **state)
{
  static const unsigned calls = 1 << BUDGET_TOOL_CALLS, turns = 1 << BUDGET_MODEL_TURNS,
                        tokens = 1 << BUDGET_TOKENS, usd = 1 << BUDGET_USD;
  struct run_request req = {0};
  (void)state;
  assert_int_equal(acp_plan_counts(&req), calls);
  req.harness_options.agent = SPAN_LITERAL("copilot");
  assert_int_equal(acp_plan_counts(&req), calls | turns);
  req.harness_options.agent = SPAN_LITERAL("claude");
  assert_int_equal(acp_plan_counts(&req), calls | turns | tokens | usd);
  req.session_id = SPAN_LITERAL("s"); /* its cost is the session's */
  assert_int_equal(acp_plan_counts(&req), calls | turns | tokens);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plan__any_agent_is_started_by_its_command_line),
      cmocka_unit_test(test_plan__claude_code_acp_gets_its_token_by_the_environment),
      cmocka_unit_test(test_plan__gemini_as_any_agent_gets_what_it_needs),
      cmocka_unit_test(test_plan__an_agent_that_is_known_has_its_own_skills_folder),
      cmocka_unit_test(test_plan__what_of_a_budget_is_counted_is_the_agent_s),
      cmocka_unit_test(test_plan__grok),
      cmocka_unit_test(test_plan__what_it_cannot_start_with_is_refused),
      cmocka_unit_test(test_plan__other_servers_come_with_the_session),
      cmocka_unit_test(test_plan__claude_code_acp_gets_all_headers_by_the_environment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
