/* SPDX-License-Identifier: MIT */
#include "door/http/code_program.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool any_harness(struct span id)
{
  (void)id;
  return true;
}

static struct run_request *request(const char *code, const char *harness,
                                   unsigned most_ms)
{
  struct code_request c = {.callback = {CALLBACK_URL, SPAN_LITERAL("http://h/"),
                                        SPAN_LITERAL("secret"),
                                        SPAN_LITERAL("run \"1\"")},
                           .code = span_of(code),
                           .timeout_ms = 5000};
  struct request_rules rules = {.is_harness = any_harness};
  struct fault f = {0};
  struct run_request *req = code_program_request(&c, harness, most_ms, &rules, &f);
  if (!req)
    fail_msg("%s", f.text);
  return req;
}

static void test_code_program__the_code_is_the_prompt_and_node_runs_it(void **state)
{
  (void)state;
  struct run_request *r = request("a\"\\ \xc3\xa9\n", "command", 0);
  assert_int_equal(r->message_count, 1);
  assert_true(span_is(r->messages[0].text, "a\"\\ \xc3\xa9\n\n"));
  assert_true(span_is(r->run_id, "run \"1\"") && span_is(r->thread_id, "run \"1\""));
  assert_int_equal(r->harness_options.command.count, 4);
  assert_true(span_is(r->harness_options.command.at[0], "node"));
  assert_true(r->harness_options.command.at[3].len < LIMIT_ARGUMENT_BYTES / 2);
  assert_true(span_is(r->harness_options.output, "ndjson"));
  assert_int_equal(tools_count(r->tools), 1);
  assert_true(span_is(tools_at(r->tools, 0)->name, "call_tool"));
  assert_true(r->kill_leftovers && !r->detach);
  run_request_free(r);
}

static void test_code_program__empty_code_is_a_prompt_too(void **state)
{
  (void)state;
  struct run_request *r = request("", "command", 0);
  assert_true(span_is(r->messages[0].text, "\n"));
  run_request_free(r);
}

static void test_code_program__the_callback_is_the_request_s_own_copy(void **state)
{
  (void)state;
  struct run_request *r = request("1", "command", 0);
  assert_int_equal(r->callback.shape, CALLBACK_URL);
  assert_true(span_is(r->callback.url, "http://h/"));
  assert_true(span_is(r->callback.secret, "secret"));
  assert_true(span_is(r->callback.run_id, "run \"1\""));
  assert_ptr_equal(r->callback.url.at, r->door_text.at);
  run_request_free(r);
}

static void test_code_program__all_deadlines_are_the_code_s(void **state)
{
  (void)state;
  struct run_request *r = request("1", "command", 0);
  assert_int_equal(r->deadlines.run_ms, 5000);
  assert_int_equal(r->deadlines.tool_ms, 5000);
  assert_int_equal(r->deadlines.start_ms, LIMIT_RUN_MS);
  assert_true(r->deadlines.has_idle && r->deadlines.idle_ms == 0);
  assert_true(r->deadlines.kill_grace_ms + LIMIT_CODE_FLUSH_MS < 30000);
  run_request_free(r);
  r = request("1", "command", 1200);
  assert_int_equal(r->deadlines.run_ms, 1200);
  run_request_free(r);
  r = request("1", "command", 50000);
  assert_int_equal(r->deadlines.run_ms, 5000);
  run_request_free(r);
}

static void test_code_program__another_harness_has_its_words_and_the_tool(void **state)
{
  (void)state;
  struct run_request *r = request("Do it.", "codex", 0);
  assert_true(span_is(r->harness, "codex"));
  assert_int_equal(r->harness_options.command.count, 0);
  assert_true(span_is(r->messages[0].text, "Do it.\n"));
  assert_int_equal(tools_count(r->tools), 1);
  run_request_free(r);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_code_program__the_code_is_the_prompt_and_node_runs_it),
      cmocka_unit_test(test_code_program__empty_code_is_a_prompt_too),
      cmocka_unit_test(test_code_program__the_callback_is_the_request_s_own_copy),
      cmocka_unit_test(test_code_program__all_deadlines_are_the_code_s),
      cmocka_unit_test(test_code_program__another_harness_has_its_words_and_the_tool),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
