/* SPDX-License-Identifier: MIT */
#include "run/run_hold.h"

#include "base/limits.h"
#include "loopback.h"
#include "process/keeper.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
  struct run_fixture d;
  struct run *run;
  struct buf next; /* lines of the second stream */
  struct collector second;
  unsigned held;
} s;

static void on_held(void *who)
{
  assert_ptr_equal(who, &s);
  s.held++;
}

/* A run of the scripted agent with a tool "ask" of its client. */
static void open_run(const char *script, const char *more, unsigned hold_ms)
{
  struct fault f = {0};
  char claude[256];
  memset(&s, 0, sizeof s);
  s.next = buf_make(MIB);
  s.second = collector_make(&s.next);
  run_fixture_open(&s.d, "");
  (void)snprintf(claude, sizeof claude, "%s/claude", s.d.bin);
  assert_int_equal(unlink(claude), 0);
  assert_int_equal(symlink(getenv("RUNLET_AGENT"), claude), 0);
  strv_set_env(&s.d.env, "ASAN_OPTIONS", SPAN_LITERAL("detect_leaks=0"));
  char members[512];
  (void)snprintf(members, sizeof members, ",\"toolDescriptors\":[{\"name\":\"ask\"}]%s",
                 more);
  struct run_request *req = run_fixture_request(members);
  tools_set_frontend(req->tools, 0);
  req->messages[0].text = span_of(script);
  req->event_format = SPAN_LITERAL("agui");
  req->hold_ms = hold_ms;
  s.run = run_new(&s.d.settings, req, &f);
  if (!s.run)
    fail_msg("%s", f.text);
  run_may_hold(s.run, on_held, &s);
  run_start(s.run, &s.d.sink.sink, run_fixture_over, &s.d);
}

static void close_run(void)
{
  run_fixture_wait(&s.d, 1);
  run_fixture_close(&s.d);
  buf_free(&s.next);
}

static void wait_held(unsigned times)
{
  for (unsigned ms = 0; s.held < times && ms < 10000; ms += 10)
    loopback_run_ms(s.d.settings.loop, 10);
  assert_int_equal(s.held, times);
}

#define SCRIPT(lines) "@init\n" lines "\n@result success"

static void
test_run_hold__a_call_of_the_client_ends_the_stream_and_not_the_run(void **state)
{
  (void)state;
  open_run(SCRIPT("@tool ask {\"q\":1}\n@text after"), "", 60000);
  assert_false(run_is_held(s.run));
  wait_held(1);
  assert_true(run_is_held(s.run));
  assert_true(s.d.sink.ended);
  assert_int_equal(run_fixture_terminals(&s.d), 1);
  assert_true(run_fixture_says(
      &s.d,
      "\"tool-input-available\",\"value\":{\"toolCallId\":\"r1-toolu_1\",\"toolName\":"
      "\"ask\",\"input\":{\"q\":1}}"));
  assert_true(run_fixture_says(
      &s.d,
      "\"outcome\":{\"type\":\"success\",\"pendingToolCallIds\":[\"r1-toolu_1\"]}"));
  run_go_on(s.run, SPAN_LITERAL("r2"), &s.second.sink, &s);
  assert_true(span_is(run_id(s.run), "r2"));
  assert_false(run_hold_answer(s.run, SPAN_LITERAL("x"), SPAN_LITERAL("1"), false));
  assert_true(
      run_hold_answer(s.run, SPAN_LITERAL("r1-toolu_1"), SPAN_LITERAL("1"), false));
  assert_false(
      run_hold_answer(s.run, SPAN_LITERAL("r1-toolu_1"), SPAN_LITERAL("1"), false));
  run_fixture_wait(&s.d, 1);
  assert_true(s.d.outcome.finished);
  assert_true(strstr(buf_cstring(&s.next), "after") != NULL);
  assert_true(strstr(buf_cstring(&s.next), "TOOL_CALL_RESULT") == NULL);
  assert_true(
      strstr(buf_cstring(&s.next), "\"type\":\"RUN_FINISHED\",\"runId\":\"r2\"") != NULL);
  assert_int_equal(s.held, 1);
  close_run();
}

static void test_run_hold__a_question_is_an_interrupt(void **state)
{
  (void)state;
  open_run(SCRIPT("@ask Bash {}\n@text after"),
           ",\"modelOptions\":{\"permissionMode\":\"default\"}", 60000);
  wait_held(1);
  assert_true(run_fixture_says(
      &s.d, "\"outcome\":{\"type\":\"interrupt\",\"interrupts\":[{\"id\":\"r1-ask-1\","
            "\"reason\":\"approval_required\",\"message\":\"May the agent use Bash?\","
            "\"toolCallId\":\"r1-toolu_1\",\"responseSchema\":{"));
  run_go_on(s.run, SPAN_LITERAL("r2"), &s.second.sink, &s);
  const struct run_permission yes = {.yes = true};
  assert_false(run_hold_permit(s.run, SPAN_LITERAL("r1-ask-2"), &yes));
  assert_true(run_hold_permit(s.run, SPAN_LITERAL("r1-ask-1"), &yes));
  run_fixture_wait(&s.d, 1);
  assert_true(s.d.outcome.finished);
  assert_true(strstr(buf_cstring(&s.next), "\"content\":\"done\"") != NULL);
  close_run();
}

static void test_run_hold__what_is_not_answered_is_refused_in_words(void **state)
{
  (void)state;
  open_run(SCRIPT("@tool ask {}\n@text after"), "", 60000);
  wait_held(1);
  run_go_on(s.run, SPAN_LITERAL("r2"), &s.second.sink, &s);
  run_hold_refuse_rest(s.run, SPAN_LITERAL("not \"now\""));
  run_hold_refuse_rest(s.run, SPAN_LITERAL("once more"));
  run_fixture_wait(&s.d, 1);
  assert_true(s.d.outcome.finished);
  close_run();
}

static void test_run_hold__nobody_goes_on_and_the_run_ends(void **state)
{
  (void)state;
  open_run(SCRIPT("@tool ask {}"), "", 100);
  run_fixture_wait(&s.d, 1);
  assert_int_equal(s.held, 1);
  assert_string_equal(s.d.outcome.code, "hold-timeout");
  assert_int_equal(run_fixture_terminals(&s.d), 1);
  close_run();
}

static void test_run_hold__a_cancel_ends_what_is_held(void **state)
{
  (void)state;
  open_run(SCRIPT("@tool ask {}"), "", 60000);
  wait_held(1);
  run_cancel(s.run, "api", "cancelled", "enough", 0);
  assert_false(run_is_held(s.run));
  run_fixture_wait(&s.d, 1);
  assert_string_equal(s.d.outcome.code, "cancelled");
  assert_int_equal(run_fixture_terminals(&s.d), 1);
  close_run();
}

static void
test_run_hold__a_call_that_is_not_announced_is_told_as_what_it_is(void **state)
{
  (void)state;
  open_run(
      SCRIPT("@mcp {\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\",\"params\":{"
             "\"name\":\"ask\",\"arguments\":{}}}"),
      "", 60000);
  wait_held(1);
  assert_true(run_fixture_says(&s.d, "\"toolCallName\":\"ask\""));
  assert_true(run_fixture_says(&s.d, "\"pendingToolCallIds\":[\"call-"));
  run_go_on(s.run, SPAN_LITERAL("r2"), &s.second.sink, &s);
  run_hold_refuse_rest(s.run, SPAN_LITERAL("no"));
  close_run();
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_run_hold__a_call_of_the_client_ends_the_stream_and_not_the_run),
      cmocka_unit_test(test_run_hold__a_question_is_an_interrupt),
      cmocka_unit_test(test_run_hold__what_is_not_answered_is_refused_in_words),
      cmocka_unit_test(test_run_hold__nobody_goes_on_and_the_run_ends),
      cmocka_unit_test(test_run_hold__a_cancel_ends_what_is_held),
      cmocka_unit_test(test_run_hold__a_call_that_is_not_announced_is_told_as_what_it_is),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
