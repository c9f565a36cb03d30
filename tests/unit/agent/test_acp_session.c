/* SPDX-License-Identifier: MIT */
#include "agent/acp/acp_session.h"

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

#define RESUMES                                                                          \
  "{\"id\":1,\"result\":{\"protocolVersion\":1,\"agentCapabilities\":{"                  \
  "\"sessionCapabilities\":{\"resume\":{}}}}}"
#define NOTHING "{\"id\":1,\"result\":{\"protocolVersion\":1}}"
#define WAYS                                                                             \
  "{\"id\":1,\"result\":{\"protocolVersion\":1,\"authMethods\":[{\"id\":\"login\"},{"    \
  "\"id\":\"key\",\"type\":\"env_var\",\"vars\":[{\"name\":\"SOME_KEY\"}]}]}}"
#define AUTH_REQUIRED                                                                    \
  "{\"id\":5,\"error\":{\"code\":-32000,\"message\":\"Authentication required\"}}"

static void test_session__gets_the_bridge_on_stdin(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, &bridge);
  assert_int_equal(t.plan.input, INPUT_DIALOGUE);
  assert_non_null(strstr(buf_cstring(&t.plan.first_input),
                         "\"id\":1,\"method\":\"initialize\",\"params\":{"
                         "\"protocolVersion\":1,"));
  acp_talk_hear(&t, ACP_INIT,
                "\"method\":\"session/new\",\"params\":{\"cwd\":\"/w\",\"mcpServers\":[{"
                "\"type\":\"http\",\"name\":\"tanstack\",\"url\":"
                "\"http://127.0.0.1:5/mcp\",\"headers\":[{\"name\":\"Authorization\","
                "\"value\":\"Bearer s3cret-token\"}]}]}}\n");
  acp_talk_hear(&t, ACP_OPEN,
                "\"method\":\"session/prompt\",\"params\":{\"sessionId\":\"s-1\","
                "\"prompt\":[{\"type\":\"text\",\"text\":\"hi\"}]}}\n");
  acp_talk_told(&t, "acp.session-id", true);
  acp_talk_close(&t);
}

static void test_session__without_mcp_over_http_there_is_a_warning(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, &bridge);
  acp_talk_hear(&t, NOTHING, "\"mcpServers\":[]");
  acp_talk_told(&t, "bridge-unsupported", true);
  assert_true(t.talk.actions.does_without_bridge); /* no second warning */
  acp_talk_close(&t);
}

static void test_session__without_mcp_over_http_no_server_is_given(void **state)
{
  struct mcp_server docs = {.name = SPAN_LITERAL("docs"),
                            .url = SPAN_LITERAL("http://h")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.servers = (struct mcp_servers){&docs, 1};
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, NOTHING, "\"mcpServers\":[]");
  acp_talk_told(&t, "it works without the MCP servers of the request", true);
  assert_false(t.talk.actions.does_without_bridge);
  acp_talk_close(&t);
}

static void ask_to_resume(struct acp_talk *t)
{
  acp_talk_open(t, &acp_harness);
  t->req.session_id = SPAN_LITERAL("old");
  t->messages[0] = (struct message){ROLE_USER, SPAN_LITERAL("q1")};
  t->messages[1] = (struct message){ROLE_ASSISTANT, SPAN_LITERAL("a1")};
  t->messages[2] = (struct message){ROLE_USER, SPAN_LITERAL("q2")};
  t->req.message_count = 3;
  acp_talk_begin(t, NULL);
}

static void test_session__is_resumed_and_gets_the_last_message_alone(void **state)
{
  struct acp_talk t;
  (void)state;
  ask_to_resume(&t);
  acp_talk_hear(&t, RESUMES,
                "\"id\":3,\"method\":\"session/resume\",\"params\":{\"sessionId\":"
                "\"old\",\"cwd\":\"/w\"");
  acp_talk_hear(&t, "{\"id\":3,\"result\":{}}", "\"text\":\"q2\"");
  acp_talk_told(&t, "\"sessionId\":\"old\"", true);
  acp_talk_told(&t, "resume-not-possible", false);
  acp_talk_close(&t);
}

static void test_session__is_loaded_where_it_cannot_be_resumed(void **state)
{
  struct acp_talk t;
  (void)state;
  ask_to_resume(&t);
  acp_talk_hear(&t, ACP_INIT, "\"id\":4,\"method\":\"session/load\"");
  acp_talk_hear(&t, ACP_TEXT("the past"), NULL);
  acp_talk_hear(&t, "{\"id\":4,\"result\":null}", "\"text\":\"q2\"");
  acp_talk_told(&t, "the past", false);
  acp_talk_close(&t);
}

static void test_session__a_new_one_gets_the_earlier_turns_and_a_warning(void **state)
{
  struct acp_talk t;
  (void)state;
  ask_to_resume(&t);
  acp_talk_hear(&t, NOTHING, "session/new");
  acp_talk_told(&t, "resume-not-possible", true);
  acp_talk_hear(&t, ACP_OPEN,
                "Previous conversation:\\nUser: q1\\nAssistant: a1\\n\\nq2");
  acp_talk_close(&t);
  ask_to_resume(&t);
  acp_talk_hear(&t, RESUMES, "session/resume");
  acp_talk_hear(&t, "{\"id\":3,\"error\":{\"message\":\"never heard of it\"}}",
                "session/new");
  acp_talk_told(&t, "never heard of it", true);
  acp_talk_hear(&t, ACP_OPEN, "Previous conversation:");
  acp_talk_close(&t);
}

static void test_session__a_login_comes_when_it_is_asked_for_and_once(void **state)
{
  struct span secrets[] = {SPAN_LITERAL("SOME_KEY")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.secrets = (struct spans){secrets, 1};
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, WAYS, "session/new");
  acp_talk_hear(&t, AUTH_REQUIRED,
                "\"method\":\"authenticate\",\"params\":{\"methodId\":\"key\"}}");
  acp_talk_hear(&t, "{\"id\":2,\"result\":{}}", "session/new");
  acp_talk_hear(&t, AUTH_REQUIRED, NULL);
  assert_true(t.talk.actions.hang_up);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "session/new: Authentication required", true);
  acp_talk_close(&t);
}

static void test_session__a_way_by_name_comes_first_and_must_be_offered(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.auth_method = SPAN_LITERAL("login");
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, WAYS, "\"methodId\":\"login\"");
  acp_talk_hear(&t, "{\"id\":2,\"error\":{\"message\":\"no browser\"}}", NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "authenticate: no browser", true);
  acp_talk_close(&t);
  acp_talk_open(&t, &acp_harness);
  t.req.harness_options.auth_method = SPAN_LITERAL("magic");
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, WAYS, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t, "does not offer \\\"magic\\\". Available: login, key", true);
  acp_talk_close(&t);
}

static void test_session__one_without_an_id_is_an_error(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, "{\"id\":5,\"result\":{}}", NULL);
  assert_true(t.talk.actions.hang_up);
  acp_talk_close(&t);
}

static void test_session__system_prompts_stand_before_the_prompt(void **state)
{
  struct span system[] = {SPAN_LITERAL("be kind"), SPAN_LITERAL("be short")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.system_prompts = (struct spans){system, 2};
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  acp_talk_hear(&t, ACP_OPEN, "\"text\":\"be kind\\n\\nbe short\\n\\nhi\"");
  acp_talk_close(&t);
}

static void test_session__an_error_names_the_ways_to_log_in(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, WAYS, "session/new");
  acp_talk_hear(&t, AUTH_REQUIRED, NULL);
  talk_end(&t.talk, (struct process_end){0});
  acp_talk_told(&t,
                "Authentication required. Ways to log in that it offers "
                "(harnessOptions.authMethod): login, key",
                true);
  acp_talk_close(&t);
}

static void test_session__a_key_of_the_request_is_a_way_by_api_key(void **state)
{
  static const char ways[] =
      "{\"id\":1,\"result\":{\"protocolVersion\":1,\"authMethods\":[{\"id\":\"api-key\","
      "\"_meta\":{\"api-key\":{\"provider\":\"openai\"}}},{\"id\":\"chat\"}]}}";
  struct span secrets[] = {SPAN_LITERAL("OPENAI_API_KEY")};
  (void)state;
  for (size_t given = 0; given < 2; given++) {
    struct acp_talk t;
    acp_talk_open(&t, &acp_harness);
    t.req.secrets = (struct spans){secrets, given};
    acp_talk_begin(&t, NULL);
    acp_talk_hear(&t, ways, "session/new");
    acp_talk_hear(&t, AUTH_REQUIRED,
                  given ? "\"method\":\"authenticate\",\"params\":{\"methodId\":"
                          "\"api-key\"}"
                        : NULL);
    acp_talk_close(&t);
  }
}

static void test_session__system_prompts_go_where_the_agent_has_a_place(void **state)
{
  struct span system[] = {SPAN_LITERAL("Be short.")};
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  t.req.system_prompts = (struct spans){system, 1};
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t,
                "{\"id\":1,\"result\":{\"protocolVersion\":1,\"agentCapabilities\":{"
                "\"sessionCapabilities\":{\"systemPrompt\":{}}}}}",
                "\"systemPrompt\":{\"mode\":\"append\",\"content\":[{\"type\":\"text\","
                "\"text\":\"Be short.\"}]}");
  acp_talk_hear(&t, ACP_OPEN, "\"prompt\":[{\"type\":\"text\",\"text\":\"hi\"}]");
  acp_talk_close(&t);
  acp_talk_open(&t, &acp_harness);
  t.req.system_prompts = (struct spans){system, 1};
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "\"mcpServers\":[]}}\n");
  acp_talk_hear(&t, ACP_OPEN, "Be short.\\n\\nhi");
  acp_talk_close(&t);
}

static void test_session__has_started_when_it_is_open(void **state)
{
  struct acp_talk t;
  (void)state;
  acp_talk_open(&t, &acp_harness);
  acp_talk_begin(&t, NULL);
  acp_talk_hear(&t, ACP_INIT, "session/new");
  assert_false(acp_harness.started(t.talk.state));
  acp_talk_hear(&t, ACP_OPEN, "session/prompt");
  assert_true(acp_harness.started(t.talk.state));
  acp_talk_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session__gets_the_bridge_on_stdin),
      cmocka_unit_test(test_session__without_mcp_over_http_there_is_a_warning),
      cmocka_unit_test(test_session__without_mcp_over_http_no_server_is_given),
      cmocka_unit_test(test_session__is_resumed_and_gets_the_last_message_alone),
      cmocka_unit_test(test_session__is_loaded_where_it_cannot_be_resumed),
      cmocka_unit_test(test_session__a_new_one_gets_the_earlier_turns_and_a_warning),
      cmocka_unit_test(test_session__a_login_comes_when_it_is_asked_for_and_once),
      cmocka_unit_test(test_session__a_way_by_name_comes_first_and_must_be_offered),
      cmocka_unit_test(test_session__one_without_an_id_is_an_error),
      cmocka_unit_test(test_session__system_prompts_stand_before_the_prompt),
      cmocka_unit_test(test_session__an_error_names_the_ways_to_log_in),
      cmocka_unit_test(test_session__a_key_of_the_request_is_a_way_by_api_key),
      cmocka_unit_test(test_session__system_prompts_go_where_the_agent_has_a_place),
      cmocka_unit_test(test_session__has_started_when_it_is_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
