/* SPDX-License-Identifier: MIT */
#include "agent/opencode/opencode_plan.h"

#include "base/json.h"
#include "base/limits.h"
#include "tool_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct plan_place place = {.folder = SPAN_LITERAL("/tmp/run-1"),
                                        .workspace = SPAN_LITERAL("/work"),
                                        .secret = SPAN_LITERAL("s3cret")};
static const struct bridge_address bridge = {.name = SPAN_LITERAL("tanstack"),
                                             .url =
                                                 SPAN_LITERAL("http://127.0.0.1:5/mcp"),
                                             .token = SPAN_LITERAL("t0ken")};

struct fixture {
  struct message messages[3];
  struct run_request req;
  struct opencode_order order;
  struct process_plan plan;
  struct fault fault;
};

static void open_fixture(struct fixture *d)
{
  memset(d, 0, sizeof *d);
  d->messages[0] = (struct message){ROLE_USER, SPAN_LITERAL("q1")};
  d->messages[1] = (struct message){ROLE_ASSISTANT, SPAN_LITERAL("a1")};
  d->messages[2] = (struct message){ROLE_USER, SPAN_LITERAL(" q2 ")};
  d->req = (struct run_request){.messages = d->messages,
                                .message_count = 3,
                                .model = SPAN_LITERAL("open/router/m-1")};
  d->plan = process_plan_make();
}

static int make(struct fixture *d, const struct bridge_address *address)
{
  return opencode_plan(&d->req, address, &place, &d->order, &d->plan, &d->fault);
}

static void close_fixture(struct fixture *d)
{
  opencode_order_free(&d->order);
  opencode_order_free(&d->order); /* twice is fine */
  process_plan_free(&d->plan);
  tools_free(d->req.tools);
}

static void expect_refused(struct fixture *d, const char *words)
{
  assert_int_equal(make(d, NULL), -1);
  assert_int_equal(d->fault.kind, FAULT_BAD_INPUT);
  if (strstr(d->fault.text, words) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", d->fault.text, words);
  close_fixture(d);
}

static void test_opencode_plan__the_smallest_request(void **state)
{
  (void)state;
  static const char *const words[] = {"opencode",  "serve",  "--hostname",
                                      "127.0.0.1", "--port", "0"};
  struct fixture d;
  open_fixture(&d);
  assert_int_equal(make(&d, NULL), 0);
  assert_int_equal(d.plan.argv.count, 6);
  for (size_t i = 0; i < 6; i++)
    assert_string_equal(d.plan.argv.at[i], words[i]);
  assert_int_equal(d.plan.input, INPUT_ONCE);
  assert_int_equal(d.plan.first_input.len, 0);
  assert_int_equal(d.plan.file_count, 0);
  assert_string_equal(strv_env(&d.plan.env, "OPENCODE_SERVER_PASSWORD"), "s3cret");
  assert_null(strv_env(&d.plan.env, "OPENCODE_CONFIG_CONTENT"));
  /* printf opencode:s3cret | base64 */
  assert_string_equal(buf_cstring(&d.order.authorization), "Basic b3BlbmNvZGU6czNjcmV0");
  assert_int_equal(d.order.server_count, 0);
  assert_string_equal(
      buf_cstring(&d.order.prompt),
      "{\"model\":{\"providerID\":\"open\",\"modelID\":\"router/m-1\"},"
      "\"tools\":{\"question\":false},\"parts\":[{\"type\":\"text\",\"text\":"
      "\"Previous conversation:\\nUser: q1\\nAssistant: a1\\n\\n q2 \"}]}");
  assert_int_equal(d.order.mode, PERMISSION_MODE_BYPASS);
  close_fixture(&d);
}

static void test_opencode_plan__base64_has_its_three_endings(void **state)
{
  (void)state;
  static const struct {
    const char *secret, *authorization;
  } rows[] = {{"", "Basic b3BlbmNvZGU6"},
              {"a", "Basic b3BlbmNvZGU6YQ=="},
              {"ab", "Basic b3BlbmNvZGU6YWI="},
              {"\xff\xfe\xfd", "Basic b3BlbmNvZGU6//79"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct fixture d;
    struct plan_place other = place;
    other.secret = span_of(rows[i].secret);
    open_fixture(&d);
    assert_int_equal(opencode_plan(&d.req, NULL, &other, &d.order, &d.plan, &d.fault), 0);
    assert_string_equal(buf_cstring(&d.order.authorization), rows[i].authorization);
    close_fixture(&d);
  }
}

static void
test_opencode_plan__a_session_gets_the_last_words_a_fresh_one_all(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.req.session_id = SPAN_LITERAL("ses_1");
  assert_int_equal(make(&d, NULL), 0);
  assert_string_equal(buf_cstring(&d.order.session_id), "ses_1");
  assert_non_null(strstr(buf_cstring(&d.order.prompt), "\"text\":\" q2 \""));
  assert_non_null(strstr(buf_cstring(&d.order.fresh_prompt), "User: q1"));
  close_fixture(&d);
}

static void test_opencode_plan__the_bridge_is_told_by_http_alone(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.req.tools = tools_from_names(SPAN_LITERAL("echo,dot.ted"));
  d.req.deadlines.tool_ms = 5000;
  assert_int_equal(make(&d, &bridge), 0);
  assert_string_equal(
      buf_cstring(&d.order.servers[0].body),
      "{\"name\":\"tanstack\",\"config\":{\"type\":\"remote\",\"url\":"
      "\"http://127.0.0.1:5/mcp\",\"enabled\":true,\"oauth\":false,\"timeout\":35000,"
      "\"headers\":{\"Authorization\":\"Bearer t0ken\"}}}");
  for (size_t i = 0; i < d.plan.env.count; i++)
    assert_null(strstr(d.plan.env.at[i], "t0ken"));
  assert_ptr_equal(d.order.tools, d.req.tools);
  close_fixture(&d);
}

static void test_opencode_plan__everything_a_request_may_ask_for(void **state)
{
  (void)state;
  struct span systems[] = {SPAN_LITERAL("Be short."), SPAN_LITERAL("Be \"kind\".")};
  struct span off[] = {SPAN_LITERAL("bash"), SPAN_LITERAL("question")};
  struct span on[] = {SPAN_LITERAL("webfetch")};
  struct fixture d;
  open_fixture(&d);
  d.req.system_prompts = (struct spans){systems, 2};
  d.req.disallowed_tools = (struct spans){off, 2};
  d.req.allowed_tools = (struct spans){on, 1};
  d.req.effort = SPAN_LITERAL("high");
  d.req.permission_mode = SPAN_LITERAL("acceptEdits");
  d.req.output_schema = SPAN_LITERAL("{\"type\": \"object\"}");
  assert_int_equal(make(&d, NULL), 0);
  const char *body = buf_cstring(&d.order.prompt);
  assert_non_null(strstr(body, "\"system\":\"Be short.\\n\\nBe \\\"kind\\\".\""));
  assert_non_null(strstr(body, "\"variant\":\"high\""));
  assert_non_null(strstr(body, "\"tools\":{\"question\":false,\"bash\":false}"));
  assert_non_null(strstr(
      body, "\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\": \"object\"}}"));
  struct json *doc = json_parse(span_of(body), NULL, &d.fault);
  assert_non_null(doc);
  json_free(doc);
  assert_int_equal(d.order.mode, PERMISSION_MODE_EDITS);
  assert_true(d.order.wants_value);
  assert_string_equal(d.order.allowed.at[0], "webfetch");
  close_fixture(&d);
}

static void test_opencode_plan__refuses_by_name_what_it_cannot_do(void **state)
{
  (void)state;
  static const char *const models[] = {"sonnet", "/m", "p/", "", "/"};
  struct fixture d;
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    open_fixture(&d);
    d.req.model = span_of(models[i]);
    expect_refused(&d, "OpenCode models must be addressed as \"provider/model\"");
  }
  open_fixture(&d);
  d.req.permission_mode = SPAN_LITERAL("plan");
  expect_refused(&d, "modelOptions.permissionMode must be");
  open_fixture(&d);
  d.req.session_id = SPAN_LITERAL("../x");
  expect_refused(&d, "modelOptions.sessionId");
  open_fixture(&d);
  d.req.message_count = 2;
  expect_refused(&d, "OpenCode adapter requires a trailing user message");
}

static void test_opencode_plan__a_policy_makes_it_ask(void **state)
{
  (void)state;
  struct policy_rule rules[] = {{SPAN_LITERAL("task"), PERMISSION_DENY},
                                {SPAN_LITERAL("rm *"), PERMISSION_DENY}};
  struct fixture d;
  open_fixture(&d);
  assert_int_equal(make(&d, NULL), 0);
  assert_null(strv_env(&d.plan.env, "OPENCODE_PERMISSION"));
  close_fixture(&d);
  open_fixture(&d);
  d.req.permission_mode = SPAN_LITERAL("default");
  d.req.policy = (struct policy){.given = true, .rules = rules, .rule_count = 2};
  assert_int_equal(make(&d, NULL), 0);
  assert_string_equal(
      strv_env(&d.plan.env, "OPENCODE_PERMISSION"),
      "{\"bash\":\"ask\",\"edit\":\"ask\",\"webfetch\":\"ask\",\"websearch\":\"ask\","
      "\"codesearch\":\"ask\",\"task\":\"ask\"}");
  close_fixture(&d);
}

static void test_opencode_plan__an_id_can_stand_in_a_path(void **state)
{
  (void)state;
  assert_true(opencode_is_id(SPAN_LITERAL("ses_e025d83d-3ffeKY")));
  assert_false(opencode_is_id(SPAN_LITERAL("")));
  assert_false(opencode_is_id(SPAN_LITERAL("a/b")));
  assert_false(opencode_is_id(SPAN_LITERAL("a.b")));
  assert_false(opencode_is_id(SPAN_LITERAL("a?b")));
  assert_false(opencode_is_id(SPAN_LITERAL("a\r\nb")));
}

static void test_opencode_plan__other_servers_follow_the_bridge(void **state)
{
  (void)state;
  struct mcp_header header = {.name = SPAN_LITERAL("X-A"), .text = SPAN_LITERAL("k3y")};
  struct mcp_server docs = {SPAN_LITERAL("docs"), SPAN_LITERAL("https://h/"), &header, 1};
  const struct mcp_servers servers = {&docs, 1};
  struct plan_place served = place;
  struct fixture d;
  open_fixture(&d);
  served.servers = &servers;
  d.req.deadlines.tool_ms = 5000;
  assert_int_equal(opencode_plan(&d.req, &bridge, &served, &d.order, &d.plan, &d.fault),
                   0);
  assert_int_equal(d.order.server_count, 2);
  assert_string_equal(
      buf_cstring(&d.order.servers[1].body),
      "{\"name\":\"docs\",\"config\":{\"type\":\"remote\",\"url\":\"https://h/\","
      "\"enabled\":true,\"oauth\":false,\"timeout\":35000,\"headers\":{\"X-A\":"
      "\"k3y\"}}}");
  close_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_opencode_plan__the_smallest_request),
      cmocka_unit_test(test_opencode_plan__base64_has_its_three_endings),
      cmocka_unit_test(test_opencode_plan__a_session_gets_the_last_words_a_fresh_one_all),
      cmocka_unit_test(test_opencode_plan__the_bridge_is_told_by_http_alone),
      cmocka_unit_test(test_opencode_plan__everything_a_request_may_ask_for),
      cmocka_unit_test(test_opencode_plan__refuses_by_name_what_it_cannot_do),
      cmocka_unit_test(test_opencode_plan__a_policy_makes_it_ask),
      cmocka_unit_test(test_opencode_plan__an_id_can_stand_in_a_path),
      cmocka_unit_test(test_opencode_plan__other_servers_follow_the_bridge),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
