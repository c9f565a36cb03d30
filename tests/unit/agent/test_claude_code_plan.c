/* SPDX-License-Identifier: MIT */
#include "agent/claude_code/claude_code_plan.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"
#include "tool_names.h"

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
      .messages = message, .message_count = 1, .model = SPAN_LITERAL("sonnet")};
}

static void expect_argv(const struct process_plan *plan, const char *wanted)
{
  struct buf joined = buf_make(MIB);
  for (size_t i = 0; i < plan->argv.count; i++)
    buf_addf(&joined, i > 0 ? " %s" : "%s", plan->argv.at[i]);
  assert_string_equal(buf_cstring(&joined), wanted);
  buf_free(&joined);
}

static void test_plan__the_smallest_request(void **state)
{
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  assert_int_equal(claude_code_plan(&req, NULL, &place, &plan, &f), 0);
  expect_argv(
      &plan,
      "claude --setting-sources user,project -p --output-format stream-json --verbose "
      "--model sonnet --include-partial-messages "
      "--permission-mode bypassPermissions");
  assert_int_equal(plan.input, INPUT_ONCE);
  assert_string_equal(buf_cstring(&plan.first_input), "hi");
  assert_int_equal(plan.file_count, 0);
  assert_string_equal(strv_env(&plan.env, "IS_SANDBOX"), "1");
  assert_string_equal(strv_env(&plan.env, "CLAUDE_CODE_SANDBOXED"), "1");
  assert_string_equal(strv_env(&plan.env, "DISABLE_AUTOUPDATER"), "1");
  assert_string_equal(strv_env(&plan.env, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"),
                      "1");
  assert_null(strv_env(&plan.env, "ENABLE_TOOL_SEARCH"));
  assert_null(strv_env(&plan.env, "MCP_TOOL_TIMEOUT"));
  process_plan_free(&plan);
}

static void test_plan__somebody_who_talks_with_it_makes_a_dialogue(void **state)
{
  struct plan_place talked = place;
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  talked.dialogue = true;
  assert_int_equal(claude_code_plan(&req, NULL, &talked, &plan, &f), 0);
  expect_argv(
      &plan,
      "claude --setting-sources user,project -p --output-format stream-json --verbose "
      "--input-format stream-json --permission-prompt-tool stdio "
      "--model sonnet --include-partial-messages "
      "--permission-mode bypassPermissions");
  assert_int_equal(plan.input, INPUT_DIALOGUE);
  assert_string_equal(buf_cstring(&plan.first_input),
                      "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{"
                      "\"type\":\"text\",\"text\":\"hi\"}]}}\n");
  process_plan_free(&plan);
  talked.dialogue = false; /* nobody is asked, but more may be said */
  talked.words = true;
  plan = process_plan_make();
  assert_int_equal(claude_code_plan(&req, NULL, &talked, &plan, &f), 0);
  expect_argv(
      &plan,
      "claude --setting-sources user,project -p --output-format stream-json --verbose "
      "--input-format stream-json --model sonnet --include-partial-messages "
      "--permission-mode bypassPermissions");
  assert_int_equal(plan.input, INPUT_DIALOGUE);
  process_plan_free(&plan);
}

static void test_plan__a_prompt_is_words_unless_commands_are_wanted(void **state)
{
  static const struct {
    const char *prompt, *plain;
  } rows[] = {{"/clear", "\n/clear"},
              {" /clear", " /clear"},
              {"see @x, $x ", "see @x, $x "},
              {"\n--help\n", "\n--help\n"}};
  struct message message;
  struct run_request req = asking(&message);
  struct fault f = {0};
  (void)state;
  for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
    struct process_plan plan = process_plan_make();
    bool commands = i % 2;
    message.text = span_of(rows[i / 2].prompt);
    req.harness_options.prompt_commands = commands;
    assert_int_equal(claude_code_plan(&req, NULL, &place, &plan, &f), 0);
    assert_string_equal(buf_cstring(&plan.first_input),
                        commands ? rows[i / 2].prompt : rows[i / 2].plain);
    const char *off = strv_env(&plan.env, "CLAUDE_CODE_DISABLE_FILE_MENTIONS");
    assert_true(commands ? off == NULL : off != NULL && strcmp(off, "1") == 0);
    process_plan_free(&plan);
  }
}

static void test_plan__the_request_chooses_the_sources_of_settings(void **state)
{
  struct span sources[] = {SPAN_LITERAL("local"), SPAN_LITERAL("user")};
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  req.harness_options.setting_sources = (struct spans){sources, 2};
  assert_int_equal(claude_code_plan(&req, NULL, &place, &plan, &f), 0);
  assert_string_equal(plan.argv.at[1], "--setting-sources");
  assert_string_equal(plan.argv.at[2], "local,user");
  process_plan_free(&plan);
}

/* Without them it asks about no command that only reads, nor about what the repository's
 * own settings allow. */
static void test_plan__under_a_policy_it_is_to_ask_about_each_command(void **state)
{
  struct policy_rule rules[] = {{SPAN_LITERAL("Skill"), PERMISSION_DENY},
                                {SPAN_LITERAL("git *"), PERMISSION_ASK},
                                {SPAN_LITERAL("mcp__a__b"), PERMISSION_ASK},
                                {SPAN_LITERAL("ls"), PERMISSION_ALLOW}};
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  req.policy = (struct policy){.given = true, .rules = rules, .rule_count = 4};
  req.permission_mode = SPAN_LITERAL("default");
  assert_int_equal(claude_code_plan(&req, NULL, &place, &plan, &f), 0);
  size_t last = plan.argv.count - 1;
  assert_string_equal(plan.argv.at[last - 1], "--settings");
  assert_string_equal(plan.argv.at[last],
                      "{\"permissions\":{\"ask\":[\"Bash\",\"Monitor\",\"Edit\","
                      "\"Write\",\"NotebookEdit\","
                      "\"WebFetch\",\"WebSearch\",\"Skill\",\"mcp__a__b\"]}}");
  process_plan_free(&plan);
}

static void test_plan__every_option_in_the_references_order(void **state)
{
  struct span allowed[] = {SPAN_LITERAL("Read"), SPAN_LITERAL("Bash(git *)")};
  struct span denied[] = {SPAN_LITERAL("WebFetch")}, system[] = {SPAN_LITERAL("be kind")};
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  req.session_id = SPAN_LITERAL("sess-1");
  req.permission_mode = SPAN_LITERAL("acceptEdits");
  req.max_turns = 3;
  req.output_schema = SPAN_LITERAL("{\"type\":\"object\"}");
  req.allowed_tools = (struct spans){allowed, 2};
  req.disallowed_tools = (struct spans){denied, 1};
  req.system_prompts = (struct spans){system, 1};
  req.effort = SPAN_LITERAL("high");
  req.deadlines.tool_ms = 5000;
  assert_int_equal(claude_code_plan(&req, &bridge, &place, &plan, &f), 0);
  expect_argv(
      &plan,
      "claude --setting-sources user,project -p --output-format stream-json --verbose "
      "--model sonnet --include-partial-messages --resume sess-1 "
      "--permission-mode acceptEdits --max-turns 3 "
      "--json-schema {\"type\":\"object\"} "
      "--allowedTools Read,Bash(git *) --disallowedTools WebFetch "
      "--append-system-prompt-file /tmp/run-1/system-prompt.txt "
      "--mcp-config /tmp/run-1/mcp.json --effort high");
  assert_int_equal(plan.file_count, 2);
  assert_string_equal(plan.files[0].name, "system-prompt.txt");
  assert_string_equal(buf_cstring(&plan.files[0].content), "be kind");
  assert_string_equal(plan.files[1].name, "mcp.json");
  assert_string_equal(buf_cstring(&plan.files[1].content),
                      "{\"mcpServers\":{\"tanstack\":{\"type\":\"http\",\"url\":"
                      "\"http://127.0.0.1:5/mcp\",\"headers\":{\"Authorization\":"
                      "\"Bearer s3cret-token\"},\"timeout\":35000}}}");
  assert_string_equal(strv_env(&plan.env, "MCP_TOOL_TIMEOUT"), "35000");
  process_plan_free(&plan);
}

static void test_plan__the_token_is_in_no_argument_and_no_variable(void **state)
{
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  assert_int_equal(claude_code_plan(&req, &bridge, &place, &plan, &f), 0);
  for (size_t i = 0; i < plan.argv.count; i++)
    assert_null(strstr(plan.argv.at[i], "s3cret"));
  for (size_t i = 0; i < plan.env.count; i++)
    assert_null(strstr(plan.env.at[i], "s3cret"));
  process_plan_free(&plan);
}

static void test_plan__few_tools_stand_in_the_prompt(void **state)
{
  struct message message;
  struct run_request req = asking(&message);
  struct fault f = {0};
  struct buf names = buf_make(KIB);
  (void)state;
  for (int i = 0; i < 33; i++)
    buf_addf(&names, i > 0 ? ",t%d" : "t%d", i);
  const struct span lists[] = {SPAN_LITERAL("a,b"), buf_span(&names)};
  for (size_t i = 0; i < 2; i++) {
    struct process_plan plan = process_plan_make();
    req.tools = tools_from_names(lists[i]);
    assert_int_equal(claude_code_plan(&req, &bridge, &place, &plan, &f), 0);
    const char *search = strv_env(&plan.env, "ENABLE_TOOL_SEARCH");
    assert_true(i == 0 ? search != NULL && strcmp(search, "false") == 0 : search == NULL);
    process_plan_free(&plan);
    tools_free(req.tools);
  }
  buf_free(&names);
}

static void expect_refused(const struct run_request *req, enum fault_kind kind,
                           const char *named)
{
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  assert_int_equal(claude_code_plan(req, NULL, &place, &plan, &f), -1);
  assert_int_equal(f.kind, kind);
  assert_non_null(strstr(f.text, named));
  process_plan_free(&plan);
}

static void test_plan__values_that_would_be_options_are_refused(void **state)
{
  struct span tools[] = {SPAN_LITERAL("--dangerous"), SPAN_LITERAL("x")};
  struct message message;
  struct run_request req = asking(&message);
  (void)state;
  req.session_id = SPAN_LITERAL("-x");
  expect_refused(&req, FAULT_BAD_INPUT, "sessionId");
  req = asking(&message);
  req.model = SPAN_LITERAL("--help");
  expect_refused(&req, FAULT_BAD_INPUT, "model");
  req = asking(&message);
  req.allowed_tools = (struct spans){tools, 2};
  expect_refused(&req, FAULT_BAD_INPUT, "allowedTools");
  req = asking(&message);
  req.model = SPAN_LITERAL("a\0b");
  expect_refused(&req, FAULT_BAD_INPUT, "NUL");
  req = asking(&message);
  req.effort = SPAN_LITERAL("-1");
  expect_refused(&req, FAULT_BAD_INPUT, "effort");
  req = asking(&message);
  req.message_count = 0;
  expect_refused(&req, FAULT_BAD_INPUT, "trailing user message");
}

static void test_plan__arguments_longer_than_the_kernel_takes_are_refused(void **state)
{
  char *big = mem_new(LIMIT_ARGUMENT_BYTES + 1);
  struct message message;
  struct run_request req = asking(&message);
  (void)state;
  memset(big, 'm', LIMIT_ARGUMENT_BYTES + 1);
  struct span tools[] = {{big, LIMIT_ARGUMENT_BYTES},
                         {big, LIMIT_ARGUMENT_BYTES},
                         {big, LIMIT_ARGUMENT_BYTES}};
  req.model = (struct span){big, LIMIT_ARGUMENT_BYTES + 1};
  expect_refused(&req, FAULT_TOO_BIG, "model");
  req = asking(&message);
  req.disallowed_tools = (struct spans){tools, 3};
  expect_refused(&req, FAULT_TOO_BIG, "disallowedTools");
  free(big);
}

static void test_plan__other_servers_stand_in_the_private_file(void **state)
{
  struct plan_place served = place;
  struct message message;
  struct run_request req = asking(&message);
  struct process_plan plan = process_plan_make();
  struct fault f = {0};
  (void)state;
  served.servers = &servers;
  req.deadlines.tool_ms = 2500;
  assert_int_equal(claude_code_plan(&req, &bridge, &served, &plan, &f), 0);
  assert_string_equal(
      buf_cstring(&plan.files[0].content),
      "{\"mcpServers\":{\"tanstack\":{\"type\":\"http\",\"url\":"
      "\"http://127.0.0.1:5/mcp\",\"headers\":{\"Authorization\":"
      "\"Bearer s3cret-token\"},\"timeout\":32500},\"docs\":{\"type\":\"http\","
      "\"url\":\"https://h/m?a=b\",\"headers\":{\"X-A\":\"one ${HOME}\","
      "\"Authorization\":\"Bearer k3y\"},\"timeout\":32500}}}");
  process_plan_free(&plan);
  plan = process_plan_make();
  assert_int_equal(claude_code_plan(&req, NULL, &served, &plan, &f), 0);
  assert_int_equal(plan.file_count, 1); /* without a bridge too */
  assert_string_equal(strv_env(&plan.env, "MCP_TOOL_TIMEOUT"), "32500");
  for (size_t i = 0; i < plan.argv.count; i++)
    assert_null(strstr(plan.argv.at[i], "k3y"));
  process_plan_free(&plan);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plan__the_smallest_request),
      cmocka_unit_test(test_plan__somebody_who_talks_with_it_makes_a_dialogue),
      cmocka_unit_test(test_plan__a_prompt_is_words_unless_commands_are_wanted),
      cmocka_unit_test(test_plan__the_request_chooses_the_sources_of_settings),
      cmocka_unit_test(test_plan__under_a_policy_it_is_to_ask_about_each_command),
      cmocka_unit_test(test_plan__every_option_in_the_references_order),
      cmocka_unit_test(test_plan__the_token_is_in_no_argument_and_no_variable),
      cmocka_unit_test(test_plan__few_tools_stand_in_the_prompt),
      cmocka_unit_test(test_plan__values_that_would_be_options_are_refused),
      cmocka_unit_test(test_plan__arguments_longer_than_the_kernel_takes_are_refused),
      cmocka_unit_test(test_plan__other_servers_stand_in_the_private_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
