/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_agents.h"

#include "agent/harnesses.h"

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

static void test_agents__one_is_known_wherever_its_program_stands(void **state)
{
  static const struct {
    const char *word, *name;
  } rows[] = {{"@agentclientprotocol/claude-agent-acp@0.101.0", "claude"},
              {"@zed-industries/claude-code-acp", "claude"},
              {"/opt/bin/codex-acp", "codex"},
              {"@github/copilot", "copilot"},
              {"@qwen-code/qwen-code@latest", "qwen"},
              {"@moonshot-ai/kimi-code", "kimi"},
              {"opencode-ai", "opencode"},
              {"some-agent", NULL}};
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct span words[] = {SPAN_LITERAL("npx"), span_of(rows[i].word)};
    const struct acp_agent *agent = acp_agent_of(&(struct spans){words, 2});
    assert_true(rows[i].name ? agent && strcmp(agent->name, rows[i].name) == 0 : !agent);
  }
}

static void test_agents__a_named_one_has_its_command_line_and_needs(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.command.count = 0;
  t.req.harness_options.agent = SPAN_LITERAL("claude");
  assert_string_equal(acp_harness.program_for(&t.req), "claude-agent-acp");
  acp_talk_begin(&t, &bridge);
  assert_int_equal(t.plan.argv.count, 1);
  assert_string_equal(t.plan.argv.at[0], "claude-agent-acp");
  assert_string_equal(strv_env(&t.plan.env, "IS_SANDBOX"), "1");
  assert_string_equal(strv_env(&t.plan.env, "MCP_BRIDGE_TOKEN"), "s3cret-token");
  acp_talk_hear(&t, ACP_INIT, "Bearer ${MCP_BRIDGE_TOKEN}");
  acp_talk_close(&t);
}

static void test_agents__the_command_wins_over_the_name(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.agent = SPAN_LITERAL("copilot");
  assert_null(acp_harness.program_for(&t.req));
  acp_talk_begin(&t, NULL);
  assert_string_equal(t.plan.argv.at[0], "some-agent");
  acp_talk_close(&t);
}

static void
test_agents__an_unknown_name_is_refused_with_those_that_are_known(void **state)
{
  struct message message = {ROLE_USER, SPAN_LITERAL("hi")};
  struct run_request req = {.model = SPAN_LITERAL("m"),
                            .messages = &message,
                            .message_count = 1,
                            .harness_options.agent = SPAN_LITERAL("nobody")};
  struct fault f = {0};
  (void)state;
  assert_int_equal(harness_admit(&acp_harness, &req, &f), -1);
  assert_non_null(strstr(f.text, "harnessOptions.agent: \"nobody\" is not known. Known: "
                                 "claude, codex, copilot, qwen, kimi, opencode, kilo"));
  req.harness_options.agent = SPAN_LITERAL("kilo");
  assert_int_equal(harness_admit(&acp_harness, &req, &f), 0);
  assert_int_equal(harness_admit(&grok_build_harness, &req, &f), -1);
}

/* What they do by themselves, without asking, no policy would see. */
static void test_agents__under_a_policy_each_is_brought_to_ask_or_it_is_said(void **state)
{
  static const struct {
    const char *agent, *info; /* by its name, or by what it calls itself */
    const char *variable, *session;
    bool warned;
  } rows[] = {
      {"claude", "x", NULL, "\"_meta\":{\"claudeCode\":{\"options\":{\"settings\":{",
       false},
      {NULL, "@agentclientprotocol/claude-agent-acp", NULL, "\"_meta\":{\"claudeCode\"",
       false},
      {"opencode", "x", "OPENCODE_PERMISSION", "session/new", false},
      {"kilo", "x", "KILO_PERMISSION", "session/new", false},
      {"kimi", "x", NULL, "session/new", false},
      {"copilot", "x", NULL, "session/new", false},
      {"codex", "x", NULL, "session/new", true},
      {NULL, "OpenCode", NULL, "session/new", true}, /* it was started without */
      {NULL, "x", NULL, "session/new", true},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct acp_talk t;
    struct buf line = buf_make(4096);
    acp_talk_open(&t, &acp_harness);
    if (rows[i].agent) {
      t.req.harness_options.command.count = 0;
      t.req.harness_options.agent = span_of(rows[i].agent);
    }
    t.req.policy.given = true;
    t.req.permission_mode = SPAN_LITERAL("default");
    acp_talk_begin(&t, NULL);
    if (rows[i].variable)
      assert_non_null(
          strstr(strv_env(&t.plan.env, rows[i].variable), "\"bash\":\"ask\""));
    buf_addf(
        &line,
        "{\"id\":1,\"result\":{\"protocolVersion\":1,\"agentInfo\":{\"name\":\"%s\"},"
        "\"agentCapabilities\":{}}}",
        rows[i].info);
    acp_talk_hear(&t, buf_cstring(&line), rows[i].session);
    acp_talk_hear(&t, ACP_OPEN, "session/prompt");
    acp_talk_told(&t, "policy-by-its-questions", rows[i].warned);
    buf_free(&line);
    acp_talk_close(&t);
  }
}

/* Started by a name that says nothing. */
static void test_agents__what_it_calls_itself_makes_it_known(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, &bridge);
  assert_string_equal(strv_env(&t.plan.env, "MCP_BRIDGE_TOKEN"), "s3cret-token");
  acp_talk_hear(&t,
                "{\"id\":1,\"result\":{\"protocolVersion\":1,\"agentInfo\":{\"name\":"
                "\"@agentclientprotocol/claude-agent-acp\",\"version\":\"1\"},"
                "\"agentCapabilities\":{\"mcpCapabilities\":{\"http\":true}}}}",
                "Bearer ${MCP_BRIDGE_TOKEN}");
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  acp_talk_told(&t,
                "\"agent\":{\"name\":\"@agentclientprotocol/claude-agent-acp\","
                "\"version\":\"1\"}",
                true);
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_agents__one_is_known_wherever_its_program_stands),
      cmocka_unit_test(test_agents__a_named_one_has_its_command_line_and_needs),
      cmocka_unit_test(test_agents__the_command_wins_over_the_name),
      cmocka_unit_test(test_agents__an_unknown_name_is_refused_with_those_that_are_known),
      cmocka_unit_test(test_agents__under_a_policy_each_is_brought_to_ask_or_it_is_said),
      cmocka_unit_test(test_agents__what_it_calls_itself_makes_it_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
