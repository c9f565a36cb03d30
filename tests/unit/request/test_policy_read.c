/* SPDX-License-Identifier: MIT */
#include "request/policy_read.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct fault fault;
static struct run_request request;

static void begin(void)
{
  arena = arena_take();
  fault = (struct fault){0};
  request = (struct run_request){0};
}

static int read_text(const char *text)
{
  request.doc = json_parse(span_of(text), NULL, &fault);
  assert_non_null(request.doc);
  struct fields r = {.doc = request.doc, .arena = arena, .f = &fault};
  return policy_read(&r, json_root(request.doc), &request);
}

static void end(void)
{
  json_free(request.doc);
  arena_give(arena);
}

static void
test_policy_read__takes_each_member_and_keeps_the_strictest_first(void **state)
{
  (void)state;
  begin();
  assert_int_equal(
      read_text(
          "{\"policy\":{\"commands\":{\"allow\":[\" ls \",\"git *\"],\"ask\":[\"a\"],"
          "\"deny\":[\"rm *\"]},\"capabilities\":{\"fileWrite\":\"allow\"},"
          "\"default\":\"deny\"},\"approvals\":{\"x:command:ls\":true,\"y\":false}}"),
      0);
  const struct policy *p = &request.policy;
  assert_true(p->given && !p->network_said);
  assert_int_equal(p->otherwise, PERMISSION_DENY);
  assert_int_equal(p->file_write, PERMISSION_ALLOW);
  assert_int_equal(p->network, PERMISSION_DENY); /* by the default */
  assert_int_equal(p->rule_count, 4);
  assert_true(span_is(p->rules[0].pattern, "rm *"));
  assert_int_equal(p->rules[0].says, PERMISSION_DENY);
  assert_int_equal(p->rules[1].says, PERMISSION_ASK);
  assert_true(span_is(p->rules[2].pattern, "ls"));
  assert_int_equal(p->rules[3].says, PERMISSION_ALLOW);
  assert_int_equal(p->approval_count, 2);
  assert_int_equal(policy_answered(p, SPAN_LITERAL("x:command:ls")), PERMISSION_ALLOW);
  assert_true(p->workspace == &request.workspace);
  assert_true(span_is(request.permission_mode, "default"));
  end();
}

static void
test_policy_read__what_is_not_said_is_asked_and_no_policy_is_none(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool given;
    const char *mode;
  } rows[] = {
      {"{}", false, ""},
      {"{\"policy\":null,\"approvals\":null}", false, ""},
      {"{\"approvals\":{\"a\":true}}", false, ""},
      {"{\"policy\":{}}", true, "default"},
      {"{\"policy\":{\"default\":null,\"commands\":null,\"capabilities\":{}}}", true,
       "default"},
      {"{\"policy\":{\"default\":\"allow\"}}", true, "bypassPermissions"},
      {"{\"policy\":{\"default\":\"allow\",\"commands\":{\"deny\":[\"a\"]}}}", true,
       "default"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    begin();
    assert_int_equal(read_text(rows[i].text), 0);
    assert_int_equal(request.policy.given, rows[i].given);
    assert_true(span_is(request.permission_mode, rows[i].mode));
    end();
  }
}

static void test_policy_read__names_what_is_wrong(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"{\"policy\":[]}", "policy must be an object, not []"},
      {"{\"policy\":\"deny\"}", "policy must be an object, not \"deny\""},
      {"{\"policy\":{\"defaults\":\"deny\"}}",
       "policy.defaults is not known; a policy that is not kept would be none"},
      {"{\"policy\":{\"default\":\"no\"}}",
       "policy.default must be \"allow\", \"ask\" or \"deny\", not \"no\""},
      {"{\"policy\":{\"default\":true}}",
       "policy.default must be \"allow\", \"ask\" or \"deny\", not true"},
      {"{\"policy\":{\"commands\":[]}}", "policy.commands must be an object, not []"},
      {"{\"policy\":{\"commands\":{\"forbid\":[]}}}",
       "policy.commands.forbid is not known; a policy that is not kept would be none"},
      {"{\"policy\":{\"commands\":{\"deny\":\"rm *\"}}}",
       "policy.commands.deny must be an array of strings, not \"rm *\""},
      {"{\"policy\":{\"commands\":{\"ask\":[1]}}}",
       "policy.commands.ask[0] must be a string, not 1"},
      {"{\"policy\":{\"commands\":{\"allow\":[\" \"]}}}",
       "policy.commands.allow: a pattern is empty"},
      {"{\"policy\":{\"capabilities\":{\"read\":\"deny\"}}}",
       "policy.capabilities.read is not known; a policy that is not kept would be none"},
      {"{\"policy\":{\"capabilities\":{\"fileWrite\":\"never\"}}}",
       "policy.capabilities.fileWrite must be \"allow\", \"ask\" or \"deny\", not "
       "\"never\""},
      {"{\"policy\":{\"capabilities\":{\"network\":1}}}",
       "policy.capabilities.network must be \"allow\", \"ask\" or \"deny\", not 1"},
      {"{\"approvals\":[]}", "approvals must be an object, not []"},
      {"{\"approvals\":{\"a\":\"yes\"}}", "approvals.a must be true or false"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    begin();
    assert_int_equal(read_text(rows[i][0]), -1);
    assert_int_equal(fault.kind, FAULT_BAD_INPUT);
    assert_true(strncmp(fault.text, "run request: ", 13) == 0);
    assert_string_equal(fault.text + 13, rows[i][1]);
    end();
  }
}

static void test_policy_read__what_decides_beside_it_is_refused(void **state)
{
  (void)state;
  struct span one = SPAN_LITERAL("Bash");
  for (size_t i = 0; i < 4; i++) {
    static const char *const names[] = {"modelOptions.permissionMode",
                                        "modelOptions.allowedTools",
                                        "harnessOptions.mode", "harnessOptions.sandbox"};
    begin();
    if (i == 0)
      request.permission_mode = SPAN_LITERAL("plan");
    else if (i == 1)
      request.allowed_tools = (struct spans){&one, 1};
    else if (i == 2)
      request.harness_options.mode = SPAN_LITERAL("yolo");
    else
      request.harness_options.sandbox = SPAN_LITERAL("read-only");
    assert_int_equal(read_text("{\"policy\":{}}"), -1);
    char why[100];
    (void)snprintf(why, sizeof why,
                   "run request: %s cannot be given together with policy", names[i]);
    assert_string_equal(fault.text, why);
    end();
  }
}

static void test_policy_read__has_limits(void **state)
{
  (void)state;
  struct buf text = buf_make(SIZE_MAX);
  for (unsigned which = 0; which < 3; which++) {
    static const char *const whys[] = {
        "run request: policy.commands holds more than 1000 patterns",
        "run request: approvals holds more than 1000 entries",
        "run request: policy.commands.deny: a pattern is too long"};
    buf_clear(&text);
    buf_add_text(&text, which == 1 ? "{\"approvals\":{\"a\":true"
                                   : "{\"policy\":{\"commands\":{\"deny\":[\"a\"");
    for (unsigned i = 0; i < LIMIT_APPROVALS && which < 2; i++)
      buf_addf(&text, which == 1 ? ",\"%u\":true" : ",\"%u\"", i);
    if (which == 2) {
      buf_add_text(&text, ",\"");
      for (size_t i = 0; i <= LIMIT_ARGUMENT_BYTES; i++)
        buf_add_char(&text, 'a');
      buf_add_char(&text, '"');
    }
    buf_add_text(&text, which == 1 ? "}}" : "]}}}");
    begin();
    assert_int_equal(read_text(buf_cstring(&text)), -1);
    assert_string_equal(fault.text, whys[which]);
    end();
  }
  buf_free(&text);
}

static int forget(void **state)
{
  (void)state;
  arena_forget_all();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_policy_read__takes_each_member_and_keeps_the_strictest_first),
      cmocka_unit_test(test_policy_read__what_is_not_said_is_asked_and_no_policy_is_none),
      cmocka_unit_test(test_policy_read__names_what_is_wrong),
      cmocka_unit_test(test_policy_read__what_decides_beside_it_is_refused),
      cmocka_unit_test(test_policy_read__has_limits),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
