/* SPDX-License-Identifier: MIT */
#include "agent/harness.h"

#include "base/limits.h"
#include "base/mem.h"
#include "stream.h"

#include <signal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_harness__is_found_by_its_whole_id(void **state)
{
  (void)state;
  assert_ptr_equal(harness_find(SPAN_LITERAL("claude-code")), harness_at(0));
  assert_null(harness_find(SPAN_LITERAL("claude")));
  assert_null(harness_find((struct span){0}));
  size_t count = 0;
  for (const struct harness *h; (h = harness_at(count)) != NULL; count++) {
    assert_ptr_equal(harness_find(span_of(h->id)), h);
    assert_true(h->plan && h->on_input && h->finish && h->succeeded);
    assert_true(h->program == NULL || h->program[0] != 0);
  }
  assert_true(count > 0);
}

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
  assert_string_equal(f.text, wanted);
  f = (struct fault){0};
  h.takes = ~takes;
  assert_int_equal(harness_admit(&h, req, &f), -1);
  f = (struct fault){0};
  h.takes = takes;
  assert_int_equal(harness_admit(&h, req, &f), 0);
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

static void expect_end(struct process_end end, const char *code, const char *message)
{
  struct stream s;
  char line[2400];
  stream_open(&s, EVENTS_TANSTACK, 0);
  harness_fail_by_end(s.events, &end);
  (void)snprintf(
      line, sizeof line,
      "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"%s\",\"code\":\"%s\","
      "\"metadata\":{\"tanstack\":{\"model\":\"m\"}}}",
      message, code);
  stream_expect_last(&s, line);
  stream_close(&s);
}

static void test_harness__each_end_has_its_code_and_words(void **state)
{
  (void)state;
  expect_end((struct process_end){.status = 7}, "agent-exit",
             "Agent process exited with code 7");
  expect_end((struct process_end){.status = 7,
                                  .stderr_tail = SPAN_LITERAL("\n boom on stderr \n")},
             "agent-exit", "Agent process exited with code 7: boom on stderr");
  expect_end((struct process_end){.signal = SIGKILL}, "agent-signal",
             "Agent process was killed by signal 9 (SIGKILL)");
  expect_end((struct process_end){.signal = SIGSEGV,
                                  .core = true,
                                  .stderr_tail = SPAN_LITERAL("x")},
             "agent-signal", "Agent process was killed by signal 11 (SIGSEGV): x");
  expect_end((struct process_end){.signal = 40}, "agent-signal",
             "Agent process was killed by signal 40");
  expect_end((struct process_end){.signal = SIGKILL, .oom = true}, "out-of-memory",
             "Agent process was killed by signal 9 (SIGKILL), out of memory");
  expect_end((struct process_end){.status = 0}, "no-result",
             "Agent process exited without a result");
}

static void test_harness__shows_a_thousand_characters_of_stderr(void **state)
{
  char tail[3001], shown[2100];
  (void)state;
  for (size_t i = 0; i < 3000; i += 2)
    memcpy(tail + i, "\xc3\xa4", 3);
  /* begins inside a character: that byte becomes U+FFFD, and counts as one */
  int n = snprintf(shown, sizeof shown,
                   "Agent process exited with code 1: \xef\xbf\xbd%.1998s", tail);
  assert_true(n > 2000);
  expect_end((struct process_end){.status = 1, .stderr_tail = {tail + 1, 2999}},
             "agent-exit", shown);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_harness__is_found_by_its_whole_id),
      cmocka_unit_test(test_harness__what_it_cannot_do_is_refused_by_name),
      cmocka_unit_test(test_harness__a_command_is_for_those_that_need_one),
      cmocka_unit_test(test_harness__each_end_has_its_code_and_words),
      cmocka_unit_test(test_harness__shows_a_thousand_characters_of_stderr),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
