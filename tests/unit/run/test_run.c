/* SPDX-License-Identifier: MIT */
#include "run/run.h"

#include "process/keeper.h"
#include "request/request_read.h"
#include "run_fixture.h"
#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_run__finishes_with_what_the_agent_said(void **state)
{
  (void)state;
  run_fixture_expect("cat > got; INIT; SAY; GOOD", "", NULL, "\"delta\":\"hello\"");
}

static void test_run__a_program_that_cannot_be_executed_is_spawn_failed(void **state)
{
  (void)state;
  struct run_fixture d;
  run_fixture_open(&d, "");
  scratch_write(&d.scratch, "bin/claude", 0755, "#!/no/such/interpreter\n");
  run_fixture_go(&d, "");
  run_fixture_wait(&d, 1);
  assert_string_equal(d.outcome.code, "spawn-failed");
  assert_int_equal(run_fixture_terminals(&d), 1);
  run_fixture_check(&d);
  run_fixture_close(&d);
}

static void test_run__deadlines_end_it_with_their_codes(void **state)
{
  (void)state;
  run_fixture_expect("INIT; exec sleep 60", ",\"timeouts\":{\"runMs\":300}",
                     "run-timeout", "\"cancelledBy\":\"timeout\"");
  run_fixture_expect("exec sleep 60", ",\"timeouts\":{\"startMs\":300}", "start-timeout",
                     NULL);
  run_fixture_expect("INIT; exec sleep 60", ",\"timeouts\":{\"idleMs\":300}",
                     "idle-timeout", NULL);
}

static void test_run__cancel_ends_it_at_any_time_and_the_first_reason_stays(void **state)
{
  (void)state;
  for (int moment = 0; moment < 3; moment++) {
    struct run_fixture d;
    run_fixture_open(&d, "INIT; SAY; trap '' TERM; sleep 60 & wait; sleep 60");
    struct run *r = run_fixture_go(&d, "");
    if (moment > 0)
      run_fixture_wait_for(&d, "hello");
    run_cancel(r, "client", "cancelled", "first", 0);
    if (moment == 2)
      run_cancel(r, "signal", "runner-shutdown", "second", 1);
    assert_int_equal(d.over, 0);
    run_fixture_wait(&d, 1);
    assert_string_equal(d.outcome.code, "cancelled");
    assert_true(run_fixture_says(&d, "\"message\":\"first\""));
    assert_int_equal(run_fixture_terminals(&d), 1);
    run_fixture_check(&d);
    /* never spawned, so no word of a process; else we signalled it */
    assert_int_equal(run_fixture_says(&d, "\"forced\":true"), moment > 0);
    assert_true(run_fixture_says(&d, "\"cancelledBy\":\"client\""));
    run_fixture_close(&d);
  }
}

static void test_run__is_refused_before_anything_is_promised(void **state)
{
  (void)state;
  struct run_fixture d;
  run_fixture_open(&d, "INIT; GOOD");
  static const char *const cases[][2] = {
      {",\"harness\":\"codex\",\"modelOptions\":{\"maxTurns\":1}",
       "modelOptions.maxTurns is not supported by harness codex"},
      {",\"env\":{\"PATH\":\"/nowhere\"}", "claude is not on PATH"},
      {",\"workspace\":{\"source\":{\"type\":\"local\",\"path\":\"/no/such\"}}",
       "workspace.source.path"}};
  for (size_t i = 0; i < 3; i++) {
    struct fault f = {0};
    struct buf text = buf_make(4096);
    struct request_rules rules = {.is_harness = run_is_harness,
                                  .lenient = true,
                                  .run_id = SPAN_LITERAL("r"),
                                  .thread_id = SPAN_LITERAL("t"),
                                  .local_tools = true};
    buf_addf(&text, "{%s\"prompt\":\"x\"%s}", i ? "\"harness\":\"claude-code\"," : "",
             cases[i][0]);
    struct run_request *req = run_request_read(&text, &rules, &f);
    if (!req)
      fail_msg("%s", f.text);
    assert_null(run_new(&d.settings, req, &f));
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    if (!strstr(f.text, cases[i][1]))
      fail_msg("%s", f.text);
  }
  struct fault f = {0};
  /* admitted, never started */
  run_free(run_new(&d.settings, run_fixture_request(""), &f));
  run_free(NULL);
  run_fixture_close(&d);
}

static void test_run__a_prompt_that_is_none_is_prompt_invalid(void **state)
{
  (void)state;
  run_fixture_expect("INIT", ",\"messages\":[{\"role\":\"assistant\",\"content\":\"x\"}]",
                     "prompt-invalid", "requires a trailing user message");
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run__finishes_with_what_the_agent_said),
      cmocka_unit_test(test_run__a_program_that_cannot_be_executed_is_spawn_failed),
      cmocka_unit_test(test_run__deadlines_end_it_with_their_codes),
      cmocka_unit_test(test_run__cancel_ends_it_at_any_time_and_the_first_reason_stays),
      cmocka_unit_test(test_run__is_refused_before_anything_is_promised),
      cmocka_unit_test(test_run__a_prompt_that_is_none_is_prompt_invalid),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
