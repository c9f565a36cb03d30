/* SPDX-License-Identifier: MIT */
#include "door/http/agui_request.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fault f;
static struct agui_setup setup;
static struct agui_input in;

static bool any_harness(struct span id)
{
  (void)id;
  return true;
}

/* Of a body with these members beside the ids. */
static struct run_request *make(const char *members, const char *session)
{
  const struct request_rules rules = {.is_harness = any_harness};
  struct buf body = buf_make(MIB);
  buf_addf(&body, "{\"threadId\":\"t\",\"runId\":\"r\",%s}", members);
  f = (struct fault){0};
  if (agui_input_read(&body, &in, &f) < 0)
    return NULL;
  return agui_request_make(&in, &setup, span_of(session), &rules, &f);
}

static struct run_request *make_good(const char *members, const char *session)
{
  struct run_request *req = make(members, session);
  if (!req)
    fail_msg("%s", f.text);
  return req;
}

static void drop(struct run_request *req)
{
  run_request_free(req);
  agui_input_free(&in);
}

static void expect_fault(const char *members, const char *words)
{
  struct run_request *req = make(members, "");
  assert_null(req);
  if (!strstr(f.text, words))
    fail_msg("\"%s\" instead of \"%s\"", f.text, words);
  agui_input_free(&in);
}

static int reset(void **state)
{
  (void)state;
  setup = (struct agui_setup){.harness = "claude-code"};
  return 0;
}

#define USER(text) "{\"id\":\"1\",\"role\":\"user\",\"content\":\"" text "\"}"
#define HI         "\"messages\":[" USER("hi") "]"

static void test_agui_request__what_is_not_said_is_the_server_s(void **state)
{
  (void)state;
  struct run_request *req = make_good(HI, "");
  assert_true(span_is(req->run_id, "r"));
  assert_true(span_is(req->thread_id, "t"));
  assert_true(span_is(req->harness, "claude-code"));
  assert_true(span_is(req->model, "default"));
  assert_true(span_is(req->event_format, "agui"));
  assert_int_equal(req->session_id.len, 0);
  assert_int_equal(tools_count(req->tools), 0);
  assert_int_equal(req->message_count, 1);
  drop(req);
  setup = (struct agui_setup){
      .model = "m",
      .defaults =
          SPAN_LITERAL("{\"harness\":\"codex\",\"model\":\"n\",\"onDisconnect\":"
                       "\"detach\",\"threadId\":"
                       "\"x\",\"modelOptions\":{\"effort\":\"low\",\"sessionId\":\"old\","
                       "\"maxTurns\":3},\"systemPrompts\":[\"be kind\"]}")};
  assert_true(span_is(agui_request_harness(&setup), "codex"));
  req = make_good(HI ",\"context\":[{\"description\":\"d\\n\",\"value\":\"v\"}]", "s-1");
  assert_true(span_is(req->harness, "codex"));
  assert_true(span_is(req->model, "m"));
  assert_true(span_is(req->thread_id, "t"));
  assert_true(req->detach);
  assert_true(span_is(req->effort, "low"));
  assert_true(span_is(req->session_id, "s-1"));
  assert_int_equal(req->max_turns, 3);
  assert_int_equal(req->system_prompts.count, 2);
  assert_true(span_is(req->system_prompts.at[0], "be kind"));
  assert_true(span_is(req->system_prompts.at[1], "d\n:\nv"));
  drop(req);
}

static void test_agui_request__a_page_sets_model_effort_and_session(void **state)
{
  (void)state;
  setup.model = "m";
  struct run_request *req =
      make_good(HI ",\"forwardedProps\":{\"runlet\":{\"model\":\"p\",\"effort\":\"high\","
                   "\"sessionId\":\"mine\"}}",
                "s-1");
  assert_true(span_is(req->model, "p"));
  assert_true(span_is(req->effort, "high"));
  assert_true(span_is(req->session_id, "mine"));
  drop(req);
  req = make_good(HI ",\"forwardedProps\":{\"runlet\":{\"sessionId\":null}}", "s-1");
  assert_int_equal(req->session_id.len, 0);
  drop(req);
}

static void test_agui_request__messages_of_every_role_are_taken(void **state)
{
  (void)state;
  struct run_request *req = make_good(
      "\"messages\":[{\"role\":\"developer\",\"content\":\"dev\"},"
      "{\"role\":\"system\",\"content\":\"sys\"}," USER(
          "one") ","
                 "{\"role\":\"reasoning\",\"content\":\"hm\"},"
                 "{\"role\":\"assistant\",\"toolCalls\":[{\"id\":\"c\",\"function\":{"
                 "\"name\":\"n\","
                 "\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"toolCallId\":\"c\","
                 "\"content\":\"res\"},"
                 "{\"role\":\"activity\",\"content\":{\"a\":1}},"
                 "{\"role\":\"assistant\",\"content\":\"two\"},"
                 "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"th\"},"
                 "{\"type\":\"text\",\"text\":\"ree\"}]}]",
      "");
  static const char *const texts[] = {"one", "", "two", "three"};
  assert_int_equal(req->system_prompts.count, 2);
  assert_true(span_is(req->system_prompts.at[0], "dev"));
  assert_int_equal(req->message_count, 4);
  for (size_t i = 0; i < 4; i++)
    assert_true(span_is(req->messages[i].text, texts[i]));
  drop(req);
  expect_fault("\"messages\":[]", "messages must be a non-empty");
  expect_fault("\"state\":{}", "messages must be a non-empty");
  expect_fault("\"messages\":[{\"content\":\"x\"}]", "messages must be");
  expect_fault("\"messages\":[{\"role\":\"user\"}]", "messages must be");
}

static void test_agui_request__results_at_the_end_are_a_prompt_in_words(void **state)
{
  (void)state;
  struct run_request *req = make_good(
      "\"messages\":[" USER(
          "one") ",{\"role\":\"assistant\",\"toolCalls\":["
                 "{\"id\":\"c\",\"function\":{\"name\":\"getColor\"}}]},"
                 "{\"role\":\"tool\",\"toolCallId\":\"c\",\"content\":\"\\\"red\\\"\"},"
                 "{\"role\":\"tool\",\"toolCallId\":\"d\",\"content\":\"\",\"error\":"
                 "\"no\"}]",
      "s");
  assert_int_equal(req->message_count, 3);
  assert_int_equal(req->messages[2].role, ROLE_USER);
  assert_true(span_is(req->messages[2].text,
                      "The result of the tool getColor:\n\"red\"\n\n"
                      "The call of the tool d failed:\nno"));
  drop(req);
}

static void
test_agui_request__host_tools_are_the_file_s_or_those_that_are_named(void **state)
{
  (void)state;
  static const char tools[] =
      HI ",\"tools\":[{\"name\":\"a\",\"description\":\"d\",\"parameters\":{\"type\":"
         "\"object\",\"x\": 1}}],\"forwardedProps\":{\"runlet\":{\"hostTools\":[\"a\"]}}";
  setup.tool_url = "http://127.0.0.1:1/x";
  setup.tool_token = SPAN_LITERAL("tok");
  struct run_request *req = make_good(tools, "");
  assert_int_equal(tools_count(req->tools), 1);
  assert_true(
      span_is(tools_at(req->tools, 0)->input_schema, "{\"type\":\"object\",\"x\": 1}"));
  assert_true(span_is(tools_at(req->tools, 0)->description, "d"));
  assert_true(span_is(req->tool_url, "http://127.0.0.1:1/x"));
  assert_true(span_is(req->tool_token, "tok"));
  assert_int_equal(tools_count_frontend(req->tools), 0);
  drop(req);
  setup.tools = SPAN_LITERAL("[{\"name\":\"b\"}]");
  expect_fault(tools, "are those of --agui-tools here");
  req = make_good(HI, "");
  assert_true(span_is(tools_at(req->tools, 0)->name, "b"));
  drop(req);
  setup.hold_ms = 5;
  req = make_good(HI ",\"tools\":[{\"name\":\"a\",\"description\":\"d\"}]", "");
  assert_false(tools_at(req->tools, 0)->frontend);
  assert_true(tools_at(req->tools, 1)->frontend);
  assert_int_equal(req->hold_ms, 5);
  drop(req);
  expect_fault(HI ",\"tools\":[{\"name\":\"b\"}]", "two tools named");
  setup = (struct agui_setup){.harness = "claude-code"};
  expect_fault(tools, "there is no --agui-tool-url");
}

static void test_agui_request__a_page_s_budget_only_lowers_the_server_s(void **state)
{
  (void)state;
  static const char page[] =
      HI ",\"forwardedProps\":{\"runlet\":{\"budget\":{\"tokens\":500,\"usd\":0.5}}}";
  setup.defaults = SPAN_LITERAL("{\"budget\":{\"tokens\":400,\"toolCalls\":3}}");
  struct run_request *req = make_good(page, "");
  assert_int_equal(req->budget.most[BUDGET_TOKENS], 400);
  assert_int_equal(req->budget.most[BUDGET_USD], BUDGET_USD_PARTS / 2);
  assert_int_equal(req->budget.most[BUDGET_TOOL_CALLS], 3);
  drop(req);
  expect_fault(HI ",\"forwardedProps\":{\"runlet\":{\"budget\":{\"tokens\":0}}}",
               "forwardedProps.runlet.budget.tokens must be a whole number above 0");
  expect_fault(HI ",\"forwardedProps\":{\"runlet\":{\"budget\":7}}",
               "forwardedProps.runlet.budget must be an object");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_agui_request__what_is_not_said_is_the_server_s, reset),
      cmocka_unit_test_setup(test_agui_request__a_page_sets_model_effort_and_session,
                             reset),
      cmocka_unit_test_setup(test_agui_request__a_page_s_budget_only_lowers_the_server_s,
                             reset),
      cmocka_unit_test_setup(test_agui_request__messages_of_every_role_are_taken, reset),
      cmocka_unit_test_setup(test_agui_request__results_at_the_end_are_a_prompt_in_words,
                             reset),
      cmocka_unit_test_setup(
          test_agui_request__host_tools_are_the_file_s_or_those_that_are_named, reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
