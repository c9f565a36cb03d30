/* SPDX-License-Identifier: MIT */
#include "agent/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct harness plain = {.id = "plain", .program = "plain"};

static void expect_refused(const struct run_request *req, unsigned takes,
                           const char *field)
{
  struct harness h = plain;
  struct fault f = {0};
  assert_int_equal(harness_admit(&h, req, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  char wanted[200];
  (void)snprintf(wanted, sizeof wanted,
                 "run request: %s is not supported by harness plain", field);
  assert_string_equal(f.text, wanted); /* it takes nothing else, so nothing is listed */
  f = (struct fault){0};
  h.takes = ~takes;
  assert_int_equal(harness_admit(&h, req, &f), -1);
  assert_true(span_starts(span_of(f.text), wanted));
  assert_non_null(strstr(f.text, " harness plain, which takes "));
  assert_null(strstr(f.text + strlen(wanted), field));
  f = (struct fault){0};
  h.takes = takes;
  assert_int_equal(harness_admit(&h, req, &f), 0);
}

static const struct session_store *sessions_of(const struct run_request *req)
{
  static const struct session_store store = {.id = "one"};
  return req->detach ? &store : NULL;
}

static void test_harness__a_session_is_taken_along_where_its_place_is_known(void **state)
{
  (void)state;
  struct harness h = plain;
  struct run_request req = {.session.export = true};
  struct fault f = {0};
  assert_int_equal(harness_admit(&h, &req, &f), -1);
  assert_string_equal(f.text, "run request: session is not supported by harness plain");
  h.sessions_for = sessions_of;
  f = (struct fault){0};
  assert_int_equal(harness_admit(&h, &req, &f), -1);
  assert_non_null(strstr(f.text, "with this agent"));
  req = (struct run_request){.session.url = SPAN_LITERAL("http://a/")};
  assert_int_equal(harness_admit(&h, &req, &f), -1);
  req.detach = true;
  assert_int_equal(harness_admit(&h, &req, &f), 0);
}

static void test_harness__what_it_cannot_do_is_refused_by_name(void **state)
{
  struct span one[] = {SPAN_LITERAL("x")};
  struct spans list = {one, 1};
  const struct {
    unsigned bit;
    const char *field;
    struct run_request req;
  } rows[] = {
      {TAKES_SESSION, "modelOptions.sessionId", {.session_id = one[0]}},
      {TAKES_PERMISSION_MODE, "modelOptions.permissionMode", {.permission_mode = one[0]}},
      {TAKES_MAX_TURNS, "modelOptions.maxTurns", {.max_turns = 1}},
      {TAKES_TOOL_LISTS, "modelOptions.allowedTools", {.allowed_tools = list}},
      {TAKES_TOOL_LISTS, "modelOptions.disallowedTools", {.disallowed_tools = list}},
      {TAKES_EFFORT, "modelOptions.effort", {.effort = one[0]}},
      {TAKES_OUTPUT, "harnessOptions.output", {.harness_options.output = one[0]}},
      {TAKES_PROTOCOL, "harnessOptions.protocol", {.harness_options.protocol = one[0]}},
      {TAKES_MODE, "harnessOptions.mode", {.harness_options.mode = one[0]}},
      {TAKES_AUTH_METHOD,
       "harnessOptions.authMethod",
       {.harness_options.auth_method = one[0]}},
      {TAKES_SANDBOX, "harnessOptions.sandbox", {.harness_options.sandbox = one[0]}},
      {TAKES_SETTING_SOURCES,
       "harnessOptions.settingSources",
       {.harness_options.setting_sources = list}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    expect_refused(&rows[i].req, rows[i].bit, rows[i].field);
}

static void test_harness__a_command_is_for_those_that_need_one(void **state)
{
  struct span words[] = {SPAN_LITERAL("sh")}, blank[] = {{0}};
  struct run_request req = {.output_schema = SPAN_LITERAL("{}")};
  struct harness h = plain;
  struct fault f = {0};
  (void)state;
  assert_int_equal(harness_admit(&h, &req, &f), -1);
  assert_non_null(strstr(f.text, "outputSchema is not supported"));
  f = (struct fault){0};
  h.structured = true;
  assert_int_equal(harness_admit(&h, &req, &f), 0);
  req.harness_options.command = (struct spans){words, 1};
  assert_int_equal(harness_admit(&h, &req, &f), -1);
  assert_non_null(strstr(f.text, "harnessOptions.command is not supported"));
  f = (struct fault){0};
  h.program = NULL;
  assert_int_equal(harness_admit(&h, &req, &f), 0);
  req.harness_options.command = (struct spans){blank, 1};
  assert_int_equal(harness_admit(&h, &req, &f), -1);
  assert_non_null(strstr(f.text, "harnessOptions.command must name the program"));
  f = (struct fault){0};
  req.harness_options.command = (struct spans){0};
  assert_int_equal(harness_admit(&h, &req, &f), -1);
}

static void test_harness__a_prompt_that_it_would_refuse_is_refused(void **state)
{
  static const struct prompt_rules rules = {.adapter = "Plain", .no_blank = true};
  struct message blank[] = {{.role = ROLE_USER, .text = SPAN_LITERAL(" ")}};
  struct run_request req = {.messages = blank, .message_count = 1};
  struct harness h = plain;
  struct fault f = {0};
  (void)state;
  assert_int_equal(harness_admit(&h, &req, &f), 0);
  h.prompt = &rules;
  assert_int_equal(harness_admit(&h, &req, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "Plain takes no blank prompt"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_harness__a_prompt_that_it_would_refuse_is_refused),
      cmocka_unit_test(test_harness__a_session_is_taken_along_where_its_place_is_known),
      cmocka_unit_test(test_harness__what_it_cannot_do_is_refused_by_name),
      cmocka_unit_test(test_harness__a_command_is_for_those_that_need_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
