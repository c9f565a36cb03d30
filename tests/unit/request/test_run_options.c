/* SPDX-License-Identifier: MIT */
#include "request/run_options.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void span_text_is(struct span s, const char *text)
{
  if (!span_is(s, text))
    fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.at != NULL ? s.at : "", text);
}

/* As run_request.c reads it. */
static const char *const raw_names[] = {"outputSchema", NULL};
static const struct json_rules rules = {.raw = raw_names};

static const char *format_name(size_t index)
{
  return index < 2 ? (const char *const[]){"tanstack", "ag-ui"}[index] : NULL;
}

static struct arena *arena;
static struct fault fault;
static struct run_request request;

static struct run_request *read_options(const char *text)
{
  arena = arena_take();
  request = (struct run_request){0};
  request.doc = json_parse(span_of(text), &rules, &fault);
  assert_non_null(request.doc);
  struct fields r = {
      .doc = request.doc, .arena = arena, .event_format_name = format_name, .f = &fault};
  return run_options_read(&r, json_root(request.doc), &request) == 0 ? &request : NULL;
}

static void options_free(void)
{
  json_free(request.doc);
  arena_give(arena);
}

static struct run_request *read_one(const char *name, const char *value)
{
  struct buf text = buf_make(SIZE_MAX);
  buf_addf(&text, "{\"%s\":%s}", name, value);
  struct run_request *req = read_options(buf_cstring(&text));
  options_free(); /* nothing of it is looked at any more */
  buf_free(&text);
  return req;
}

static void accepted(const char *name, const char *value)
{
  if (read_one(name, value) == NULL)
    fail_msg("%s: %s", name, fault.text);
}

static void refused(const char *name, const char *value, const char *why)
{
  fault = (struct fault){0};
  assert_null(read_one(name, value));
  assert_int_equal(fault.kind, FAULT_BAD_INPUT);
  assert_string_equal(fault.text, why);
}

static void test_run_options__a_session_that_is_taken_along(void **state)
{
  (void)state;
  struct run_request *req = read_options(
      "{\"session\":{\"export\":true,\"import\":{\"url\":\"http://a/\",\"token\":\"t\","
      "\"sha256\":\"00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\"}}"
      "}");
  assert_non_null(req);
  assert_true(req->session.export);
  span_text_is(req->session.url, "http://a/");
  span_text_is(req->session.token, "t");
  assert_int_equal(req->session.archive.len, 0);
  options_free();
  req = read_options("{\"session\":{\"import\":\"aGk=\"}}");
  span_text_is(req->session.archive, "aGk=");
  assert_false(req->session.export);
  options_free();
  accepted("session", "null");
  accepted("session", "{\"import\":null}");
#define WHERE "run request: session"
  refused("session", "{\"export\":1}", WHERE ".export must be true or false, not 1");
  refused("session", "{\"import\":{\"token\":\"t\"}}",
          WHERE ".import.url must be a non-empty string");
  refused("session", "{\"import\":{\"url\":\"u\",\"token\":\"a\\nb\"}}",
          WHERE ".import.token cannot be sent in a header");
  refused("session", "{\"import\":{\"url\":\"u\",\"sha256\":\"00\"}}",
          WHERE ".import.sha256 must be 64 hexadecimal digits");
}

static void test_run_options__reads_our_options(void **state)
{
  (void)state;
  struct run_request *req = read_options(
      "{\"systemPrompts\":[\"a\",\"\"],\"modelOptions\":{\"sessionId\":\"s\","
      "\"permissionMode\":\"plan\",\"maxTurns\":3,\"allowedTools\":[\"A\",\"B\"],"
      "\"disallowedTools\":[],\"effort\":\"high\"},\"env\":{\"FOO\":\"1\",\"BAR\":\"\"},"
      "\"timeouts\":{\"runMs\":1,\"startMs\":2,\"idleMs\":0,\"toolMs\":4,"
      "\"killGraceMs\":5,\"drainMs\":2147483647},\"heartbeatMs\":0,"
      "\"maxChunkBytes\":1024,\"eventFormat\":\"ag-ui\",\"unknownField\":{}}");
  assert_non_null(req);
  assert_int_equal(req->system_prompts.count, 2);
  span_text_is(req->system_prompts.at[0], "a");
  span_text_is(req->session_id, "s");
  span_text_is(req->permission_mode, "plan");
  span_text_is(req->effort, "high");
  assert_int_equal(req->max_turns, 3);
  assert_int_equal(req->allowed_tools.count, 2);
  span_text_is(req->allowed_tools.at[1], "B");
  assert_int_equal(req->env_count, 2);
  span_text_is(req->env[0].name, "FOO");
  span_text_is(req->env[1].value, "");
  assert_int_equal(req->deadlines.run_ms, 1);
  assert_int_equal(req->deadlines.start_ms, 2);
  assert_true(req->deadlines.has_idle);
  assert_int_equal(req->deadlines.tool_ms, 4);
  assert_int_equal(req->deadlines.kill_grace_ms, 5);
  assert_int_equal(req->deadlines.drain_ms, INT_MAX);
  assert_int_equal(req->heartbeat_ms, 0);
  assert_int_equal(req->max_chunk_bytes, 1024);
  span_text_is(req->event_format, "ag-ui");
  options_free();
}

static void test_run_options__names_the_option_that_is_wrong(void **state)
{
  (void)state;
  static const char *const rows[][3] = {
      {"timeouts", "{\"runMs\":0}",
       "timeouts.runMs must be a whole number from 1 to 2147483647, not 0"},
      {"timeouts", "{\"toolMs\":\"90s\"}",
       "timeouts.toolMs must be a whole number from 1 to 2147483647, not \"90s\""},
      {"timeouts", "{\"idleMs\":-1}",
       "timeouts.idleMs must be a whole number from 0 to 2147483647, not -1"},
      {"timeouts", "{\"drainMs\":2147483648}",
       "timeouts.drainMs must be a whole number from 1 to 2147483647, not 2147483648"},
      {"timeouts", "{\"approvalMs\":-1}",
       "timeouts.approvalMs must be a whole number from 0 to 2147483647, not -1"},
      {"policy", "{\"a\":1}",
       "policy.a is not known; a policy that is not kept would be none"},
      {"approvals", "{\"a\":1}", "approvals.a must be true or false"},
      {"timeouts", "5", "timeouts must be an object, not 5"},
      {"modelOptions", "[]", "modelOptions must be an object, not []"},
      {"modelOptions", "{\"maxTurns\":1.5}",
       "modelOptions.maxTurns must be a whole number from 1 to 2147483647, not 1.5"},
      {"modelOptions", "{\"sessionId\":7}",
       "modelOptions.sessionId must be a non-empty string, not 7"},
      {"modelOptions", "{\"sessionId\":\"--evil\"}",
       "modelOptions.sessionId must be a string that does not begin with \"-\", "
       "not \"--evil\""},
      {"modelOptions", "{\"allowedTools\":\"A\"}",
       "modelOptions.allowedTools must be an array of strings, not \"A\""},
      {"modelOptions", "{\"allowedTools\":[1]}",
       "modelOptions.allowedTools[0] must be a string, not 1"},
      {"modelOptions", "{\"disallowedTools\":[\"-x\"]}",
       "modelOptions.disallowedTools[0] must be a non-empty string that does not begin "
       "with \"-\", not \"-x\""},
      {"systemPrompts", "\"x\"", "systemPrompts must be an array of strings, not \"x\""},
      {"env", "{\"A\":1}", "env.A must be a string without NUL characters"},
      {"env", "{\"A\":\"\\u0000\"}", "env.A must be a string without NUL characters"},
      {"env", "{\"A=B\":\"1\"}",
       "env: \"A=B\" cannot be set (no '=', not empty, not RUNLET_...)"},
      {"env", "{\"RUNLET_X\":\"1\"}",
       "env: \"RUNLET_X\" cannot be set (no '=', not empty, not RUNLET_...)"},
      {"env", "[]", "env must be an object, not []"},
      {"eventFormat", "\"x\"",
       "eventFormat must be \"tanstack\" or \"ag-ui\", not \"x\""},
      {"maxChunkBytes", "1023",
       "maxChunkBytes must be a whole number from 1024 to 2147483647, not 1023"},
      {"heartbeatMs", "99", "heartbeatMs must be 0 or at least 100"},
      {"fileEvents", "\"no\"", "fileEvents must be true or false, not \"no\""},
      {"leftovers", "\"burn\"", "leftovers must be \"keep\" or \"kill\", not \"burn\""},
      {"onDisconnect", "\"stay\"",
       "onDisconnect must be \"cancel\" or \"detach\", not \"stay\""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char why[300];
    (void)snprintf(why, sizeof why, "run request: %s", rows[i][2]);
    refused(rows[i][0], rows[i][1], why);
  }
}

static void test_run_options__what_asks_for_nothing_is_fine(void **state)
{
  (void)state;
  refused("fileEvents", "{\"diff\":true}",
          "run request: fileEvents.diff is not supported by this version");
  static const char *const empty[][2] = {{"policy", "null"},
                                         {"bridge", "null"},
                                         {"fileEvents", "true"},
                                         {"fileEvents", "{\"diff\":false}"},
                                         {"policy", "{}"},
                                         {"approvals", "{\"a\":true}"},
                                         {"harnessOptions", "{}"},
                                         {"harnessOptions", "null"},
                                         {"outputSchema", "null"},
                                         {"onDisconnect", "\"cancel\""},
                                         {"onDisconnect", "\"detach\""},
                                         {"leftovers", "\"kill\""},
                                         {"leftovers", "\"keep\""}};
  for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
    accepted(empty[i][0], empty[i][1]);
}

static void
test_run_options__takes_a_schema_as_it_is_and_options_of_harnesses(void **state)
{
  (void)state;
  struct run_request *req = read_options(
      "{\"outputSchema\": {\"type\" : \"object\",\"n\":1.0}, "
      "\"harnessOptions\":{\"new\":1,"
      "\"command\":[\"agent\",\"--acp\",\"\"],\"output\":\"ndjson\",\"protocol\":\"acp\","
      "\"mode\":\"plan\",\"authMethod\":\"key\",\"sandbox\":\"read-only\","
      "\"settingSources\":[\"user\",\"local\"],\"promptCommands\":true,"
      "\"agent\":\"kimi\",\"config\":{\"think\":\"high\",\"fast\":true}}}");
  assert_non_null(req);
  assert_true(span_is(req->output_schema, "{\"type\" : \"object\",\"n\":1.0}"));
  const struct harness_options *o = &req->harness_options;
  assert_int_equal(o->command.count, 3);
  assert_true(span_is(o->command.at[1], "--acp"));
  assert_true(span_is(o->output, "ndjson"));
  assert_true(span_is(o->protocol, "acp"));
  assert_true(span_is(o->mode, "plan"));
  assert_true(span_is(o->auth_method, "key"));
  assert_true(span_is(o->sandbox, "read-only"));
  assert_int_equal(o->setting_sources.count, 2);
  assert_true(span_is(o->setting_sources.at[1], "local"));
  assert_true(o->prompt_commands);
  assert_true(span_is(o->agent, "kimi"));
  assert_int_equal(o->config_count, 2);
  assert_true(span_is(o->config[0].id, "think") && span_is(o->config[0].text, "high"));
  assert_true(o->config[1].is_bool && o->config[1].on);
  options_free();
  refused("harnessOptions", "{\"config\":{\"n\":1}}",
          "run request: harnessOptions.config.n must be a string or a boolean");
  refused("outputSchema", "[]",
          "run request: outputSchema must be an object, not an array");
  refused("harnessOptions", "[]",
          "run request: harnessOptions must be an object, not []");
  refused("harnessOptions", "{\"command\":\"sh\"}",
          "run request: harnessOptions.command must be an array of strings, not \"sh\"");
  refused("harnessOptions", "{\"settingSources\":[]}",
          "run request: harnessOptions.settingSources must be an array of \"user\", "
          "\"project\" and \"local\", not []");
  refused("harnessOptions", "{\"settingSources\":[\"user\",\"flag\"]}",
          "run request: harnessOptions.settingSources must be an array of \"user\", "
          "\"project\" and \"local\", not \"flag\"");
  refused("harnessOptions", "{\"settingSources\":\"user\"}",
          "run request: harnessOptions.settingSources must be an array of strings, not "
          "\"user\"");
  refused(
      "harnessOptions", "{\"promptCommands\":\"yes\"}",
      "run request: harnessOptions.promptCommands must be true or false, not \"yes\"");
  refused(
      "harnessOptions", "{\"mode\":\"-x\"}",
      "run request: harnessOptions.mode must be a string that does not begin with \"-\", "
      "not \"-x\"");
}

static void test_run_options__nothing_given_is_nothing_set(void **state)
{
  (void)state;
  struct run_request *req = read_options("{}");
  assert_non_null(req);
  assert_int_equal(req->heartbeat_ms, UINT_MAX);
  assert_int_equal(req->max_chunk_bytes, 0);
  assert_int_equal(req->event_format.len, 0);
  assert_int_equal(req->max_turns, 0);
  assert_int_equal(req->env_count, 0);
  assert_false(req->deadlines.has_idle);
  assert_int_equal(req->session_id.len, 0);
  options_free();
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
      cmocka_unit_test(test_run_options__reads_our_options),
      cmocka_unit_test(test_run_options__a_session_that_is_taken_along),
      cmocka_unit_test(test_run_options__names_the_option_that_is_wrong),
      cmocka_unit_test(test_run_options__what_asks_for_nothing_is_fine),
      cmocka_unit_test(
          test_run_options__takes_a_schema_as_it_is_and_options_of_harnesses),
      cmocka_unit_test(test_run_options__nothing_given_is_nothing_set),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
