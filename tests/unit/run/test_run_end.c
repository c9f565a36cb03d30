/* SPDX-License-Identifier: MIT */
#include "run/run_end.h"

#include "process/keeper.h"
#include "run_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_run_end__every_bad_end_has_its_code(void **state)
{
  (void)state;
  run_fixture_expect("INIT; echo oops >&2; exit 7", "", "agent-exit",
                     "exited with code 7: oops");
  run_fixture_expect("INIT; kill -9 $$", "", "agent-signal", "\"signal\":\"SIGKILL\"");
  run_fixture_expect("INIT; SAY", "", "no-result", NULL);
  run_fixture_expect("INIT; GOOD; exit 3", "", "agent-exit", "\"exitCode\":3");
}

static void
test_run_end__a_secret_on_stderr_is_struck_out_wherever_it_is_shown(void **state)
{
  (void)state;
  struct run_fixture d;
  run_fixture_open(&d, "INIT; echo \"key $MY_KEY.\" >&2; exit 7");
  strv_set_env(&d.env, "MY_KEY", SPAN_LITERAL("hunter2-secret"));
  run_fixture_go(&d, ",\"workspace\":{\"source\":{\"type\":\"none\"},"
                     "\"secrets\":{\"MY_KEY\":{}}}");
  run_fixture_wait(&d, 1);
  assert_string_equal(d.outcome.code, "agent-exit");
  /* it did get the value */
  assert_true(run_fixture_says(&d, "\"stderrTail\":\"key ***."));
  assert_false(run_fixture_says(&d, "hunter2-secret"));
  run_fixture_check(&d);
  run_fixture_close(&d);
}

static void
test_run_end__an_agent_that_stays_after_its_result_is_ended_and_finished(void **state)
{
  (void)state;
  run_fixture_expect("INIT; GOOD; exec sleep 60", "", NULL, "\"forced\":true");
}

static void
test_run_end__a_grandchild_does_not_hold_it_and_an_error_leaves_nothing(void **state)
{
  (void)state;
  run_fixture_expect("INIT; setsid sleep 60 & exit 1", "", "agent-exit", NULL);
  run_fixture_expect("INIT; setsid sleep 60 & GOOD", ",\"leftovers\":\"kill\"", NULL,
                     NULL);
}

static void
test_run_end__what_the_agent_waits_for_stands_in_the_words_of_its_end(void **state)
{
  (void)state;
  run_fixture_expect(
      "INIT; echo '{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":1,"
      "\"max_retries\":10,\"error_status\":503,\"error\":\"server_error\"}'; "
      "exec sleep 60",
      ",\"timeouts\":{\"runMs\":400}", "run-timeout",
      "(runMs); it was trying again: The model's API failed: 503 server_error");
}

static void test_run_end__who_reads_the_last_event_finds_nothing_of_the_run(void **state)
{
  (void)state;
  static const struct {
    const char *script, *more, *last;
  } rows[] = {
      {"INIT; GOOD", "", "RUN_FINISHED"},
      {"INIT; exit 7", "", "RUN_ERROR"},
      {"INIT; GOOD",
       (",\"leftovers\":\"kill\",\"workspace\":{\"source\":{\"type\":\"none\"},"
        "\"setup\":[\"sleep 60 >/dev/null 2>&1 & echo $! >pid\"]}"),
       "RUN_FINISHED"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct run_fixture d;
    run_fixture_open(&d, rows[i].script);
    run_fixture_go(&d, rows[i].more);
    run_fixture_wait_for(&d, rows[i].last); /* one turn of the loop at a time */
    assert_int_equal(d.over, 1);
    assert_int_equal(scratch_count(&d.scratch, "state"), 0);
    run_fixture_check(&d);
    run_fixture_close(&d);
  }
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_end__every_bad_end_has_its_code),
      cmocka_unit_test(
          test_run_end__a_secret_on_stderr_is_struck_out_wherever_it_is_shown),
      cmocka_unit_test(test_run_end__who_reads_the_last_event_finds_nothing_of_the_run),
      cmocka_unit_test(
          test_run_end__an_agent_that_stays_after_its_result_is_ended_and_finished),
      cmocka_unit_test(
          test_run_end__a_grandchild_does_not_hold_it_and_an_error_leaves_nothing),
      cmocka_unit_test(
          test_run_end__what_the_agent_waits_for_stands_in_the_words_of_its_end),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
