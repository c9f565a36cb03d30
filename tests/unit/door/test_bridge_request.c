/* SPDX-License-Identifier: MIT */
#include "door/bridge/bridge_request.h"

#include "base/limits.h"
#include "request/request_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_harness(struct span id)
{
  return span_is(id, "claude-code");
}

/* The request that is made of it, read as a run's; NULL: refused, `f` says why. */
static struct run_request *make(const char *start, const char *session,
                                struct buf *warnings, struct fault *f)
{
  struct bridge_request_setup setup = {SPAN_LITERAL("claude-code"), SPAN_LITERAL("r"),
                                       SPAN_LITERAL("t"), span_of(session)};
  const struct request_rules rules = {
      .is_harness = is_harness, .lenient = true, .local_tools = true};
  struct buf text = buf_make(MIB);
  struct run_request *req = NULL;
  if (bridge_request_write(span_of(start), &setup, &text, warnings, f) == 0)
    req = run_request_read(&text, &rules, f);
  buf_free(&text);
  return req;
}

static void test_bridge_request__a_start_becomes_a_request(void **state)
{
  (void)state;
  struct fault f = {0};
  struct buf warnings = buf_make(KIB);
  struct run_request *req =
      make("{\"type\":\"start\",\"prompt\":\"go\",\"model\":\"m-1\",\"effort\":\"high\","
           "\"maxTurns\":7,\"instructions\":\"be brief\",\"permissionMode\":"
           "\"allow-edits\",\"tools\":[{\"name\":\"a.b\",\"description\":\"d\","
           "\"inputSchema\":{\"x\" : 1.0}}],\"builtinToolFiltering\":{\"mode\":\"deny\","
           "\"toolNames\":[\"Bash\"]},\"responseFormat\":{\"type\":\"json\",\"schema\":"
           "{\"type\" : \"object\"}},\"env\":{\"A\":\"1\"},\"more\":1}",
           "s-1", &warnings, &f);
  if (!req)
    fail_msg("%s", f.text);
  assert_true(span_is(req->messages[0].text, "go"));
  assert_true(span_is(req->model, "m-1") && span_is(req->effort, "high"));
  assert_true(span_is(req->session_id, "s-1"));
  assert_int_equal(req->max_turns, 7);
  assert_true(span_is(req->permission_mode, "acceptEdits"));
  assert_true(span_is(req->system_prompts.at[0], "be brief"));
  assert_true(span_is(req->disallowed_tools.at[0], "Bash"));
  assert_true(span_is(req->output_schema, "{\"type\" : \"object\"}"));
  assert_true(span_is(tools_at(req->tools, 0)->input_schema, "{\"x\" : 1.0}"));
  assert_true(span_is(req->env[0].name, "A") && span_is(req->env[0].value, "1"));
  assert_int_equal(req->deadlines.kill_grace_ms, LIMIT_BRIDGE_KILL_GRACE_MS);
  assert_int_equal(warnings.len, 0);
  run_request_free(req);
  buf_free(&warnings);
}

static void test_bridge_request__the_least_of_a_start(void **state)
{
  (void)state;
  struct fault f = {0};
  struct buf warnings = buf_make(KIB);
  struct run_request *req =
      make("{\"type\":\"start\",\"prompt\":[{\"type\":\"text\",\"text\":\"a\"},"
           "{\"type\":\"text\",\"text\":\"b\"}],\"tools\":[],\"responseFormat\":"
           "{\"type\":\"text\"},\"resumeThreadId\":\"other\"}",
           "s-1", &warnings, &f);
  if (!req)
    fail_msg("%s", f.text);
  assert_true(span_is(req->messages[0].text, "a\nb"));
  assert_true(span_is(req->session_id, "other"));
  assert_int_equal(req->permission_mode.len, 0);
  assert_int_equal(req->output_schema.len, 0);
  run_request_free(req);
  buf_free(&warnings);
}

static void test_bridge_request__what_is_not_done_is_a_warning(void **state)
{
  (void)state;
  struct fault f = {0};
  struct buf warnings = buf_make(KIB);
  run_request_free(make("{\"prompt\":\"x\",\"mcpServers\":{},\"thinking\":{\"type\":"
                        "\"enabled\"},\"webSearch\":true}",
                        "", &warnings, &f));
  assert_string_equal(
      buf_cstring(&warnings),
      "[{\"type\":\"unsupported-setting\",\"setting\":\"thinking\"},{\"type\":"
      "\"unsupported-setting\",\"setting\":\"webSearch\"}]");
  buf_free(&warnings);
}

static void refused(const char *start, const char *why)
{
  struct fault f = {0};
  struct buf warnings = buf_make(KIB);
  assert_null(make(start, "", &warnings, &f));
  if (!strstr(f.text, why))
    fail_msg("%s: %s", start, f.text);
  buf_free(&warnings);
}

static void test_bridge_request__what_cannot_be_done_names_its_field(void **state)
{
  (void)state;
  refused("{\"prompt\":7}", "start: prompt");
  refused("{}", "start: prompt");
  refused("{\"prompt\":\"\"}",
          "run request: prompt must be a non-empty string, not \"\"");
  refused("{\"prompt\":\"x\",\"responseFormat\":{\"type\":\"json\"}}", "responseFormat");
  refused("{\"prompt\":\"x\",\"builtinToolFiltering\":{\"mode\":\"allow\",\"toolNames\":"
          "[]}}",
          "builtinToolFiltering");
  refused("{\"prompt\":\"x\",\"tools\":7}", "start: tools must be a list");
}

static void test_bridge_request__nothing_of_another_type_is_passed_over(void **state)
{
  (void)state;
  static const char *const rows[][2] = {
      {"\"permissionMode\":\"allow-nothing\"",
       "start: permissionMode must be allow-reads"},
      {"\"permissionMode\":[\"allow-reads\"]", "start: permissionMode must be a text"},
      {"\"builtinToolFiltering\":{\"mode\":\"deny\",\"toolNames\":\"Bash\"}",
       "start: builtinToolFiltering must be"},
      {"\"builtinToolFiltering\":{\"mode\":\"deny\",\"toolNames\":[\"Bash\",7]}",
       "start: builtinToolFiltering must be"},
      {"\"builtinToolFiltering\":{\"mode\":\"deny\"}",
       "start: builtinToolFiltering must be"},
      {"\"builtinToolFiltering\":\"deny\"", "start: builtinToolFiltering must be"},
      {"\"model\":7", "start: model must be a text"},
      {"\"instructions\":[]", "start: instructions must be a text"},
      {"\"effort\":1", "start: effort must be a text"},
      {"\"resumeThreadId\":1", "start: resumeThreadId must be a text"},
      {"\"maxTurns\":1.5", "start: maxTurns must be a whole number"},
      {"\"maxTurns\":\"1\"", "start: maxTurns must be a whole number"},
      {"\"env\":{\"PATH\":7}", "start: env must be an object of texts"},
      {"\"env\":[\"A=1\"]", "start: env must be an object of texts"},
      {"\"responseFormat\":\"json\"", "start: responseFormat must be"},
      {"\"prompt\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\"}]",
       "start: prompt must be"},
      {"\"prompt\":[\"a\"]", "start: prompt must be"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char start[200];
    snprintf(start, sizeof start, "{\"prompt\":\"x\",%s}", rows[i][0]);
    refused(start, rows[i][1]);
  }
  static const char nulls[] = "{\"prompt\":\"x\",\"model\":null,\"permissionMode\":null,"
                              "\"env\":null,\"tools\":null,\"maxTurns\":null,"
                              "\"builtinToolFiltering\":null,\"responseFormat\":null}";
  struct fault f = {0};
  struct buf warnings = buf_make(KIB);
  struct run_request *req = make(nulls, "", &warnings, &f);
  if (!req)
    fail_msg("%s", f.text);
  run_request_free(req);
  buf_free(&warnings);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bridge_request__a_start_becomes_a_request),
      cmocka_unit_test(test_bridge_request__the_least_of_a_start),
      cmocka_unit_test(test_bridge_request__what_is_not_done_is_a_warning),
      cmocka_unit_test(test_bridge_request__what_cannot_be_done_names_its_field),
      cmocka_unit_test(test_bridge_request__nothing_of_another_type_is_passed_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
