/* SPDX-License-Identifier: MIT */
#include "run/run_prepare.h"

#include "loopback.h"
#include "process/keeper.h"
#include "run/run.h"
#include "run_fixture.h"
#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WORKSPACE(members) ",\"workspace\":{\"source\":{\"type\":\"none\"}," members "}"

static void test_run_prepare__the_agent_finds_what_the_setup_made(void **state)
{
  (void)state;
  run_fixture_expect("INIT; test \"$(cat made)\" = x && cat AGENTS.md >&2; SAY; GOOD",
                     WORKSPACE("\"setup\":[\"echo x > made\"],\"instructions\":\"i\""),
                     NULL,
                     "\"name\":\"runlet.setup\",\"value\":{\"step\":\"echo x > made\","
                     "\"state\":\"done\",\"exitCode\":0}");
}

static void
test_run_prepare__a_setup_that_fails_ends_the_run_with_its_output(void **state)
{
  (void)state;
  run_fixture_expect("INIT; GOOD", WORKSPACE("\"setup\":[\"echo out; exit 9\"]"),
                     "setup-failed",
                     "setup step failed: echo out; exit 9 (exit 9)\\nout");
  run_fixture_expect("INIT; GOOD",
                     WORKSPACE("\"setup\":[\"sleep 60\"]") ",\"timeouts\":"
                                                           "{\"setupMs\":50}",
                     "setup-failed", "(setupMs)");
}

static void test_run_prepare__run_ms_holds_for_the_setup_too(void **state)
{
  (void)state;
  run_fixture_expect(
      "INIT; GOOD", WORKSPACE("\"setup\":[\"sleep 60\"]") ",\"timeouts\":{\"runMs\":100}",
      "run-timeout", "\"cancelledBy\":\"timeout\"");
}

static void test_run_prepare__a_secret_in_the_output_is_struck_out(void **state)
{
  (void)state;
  struct run_fixture d;
  run_fixture_open(&d, "INIT; GOOD");
  strv_set_env(&d.env, "MY_KEY", SPAN_LITERAL("hunter2-secret"));
  run_fixture_go(&d, WORKSPACE("\"secrets\":{\"MY_KEY\":{}},\"setup\":[\"echo $MY_KEY\","
                               "\"echo $MY_KEY >&2; false\"]"));
  run_fixture_wait(&d, 1);
  assert_string_equal(d.outcome.code, "setup-failed");
  assert_true(run_fixture_says(&d, "\"outputTail\":\"***\\n\""));
  assert_false(run_fixture_says(&d, "hunter2-secret"));
  run_fixture_check(&d);
  run_fixture_close(&d);
}

static void test_run_prepare__a_cancel_ends_the_setup(void **state)
{
  (void)state;
  struct run_fixture d;
  run_fixture_open(&d, "INIT; GOOD");
  struct run *r = run_fixture_go(&d, WORKSPACE("\"setup\":[\"sleep 60\"]"));
  run_fixture_wait_for(&d, "\"state\":\"started\"");
  run_cancel(r, "client", "cancelled", "gone", 0);
  run_cancel(r, "signal", "runner-shutdown", "again", 1);
  run_fixture_wait(&d, 1);
  assert_string_equal(d.outcome.code, "cancelled");
  assert_int_equal(run_fixture_terminals(&d), 1);
  run_fixture_check(&d);
  run_fixture_close(&d); /* no process is left */
}

static void
test_run_prepare__a_program_that_the_setup_brings_is_found_after_it(void **state)
{
  (void)state;
  struct run_fixture d;
  struct fault f = {0};
  run_fixture_open(&d, "INIT; SAY; GOOD");
  scratch_write(&d.scratch, "claude-of-mine", 0755, "");
  char from[200], to[200];
  strcpy(from, scratch_path(&d.scratch, "bin/claude"));
  strcpy(to, scratch_path(&d.scratch, "claude-of-mine"));
  assert_int_equal(rename(from, to), 0);
  assert_null(run_new(&d.settings, run_fixture_request(""), &f));
  struct buf more = buf_make(1000);
  buf_addf(&more, WORKSPACE("\"setup\":[\"mv %s %s\"]"), to, from);
  run_fixture_go(&d, buf_cstring(&more));
  run_fixture_wait(&d, 1);
  assert_true(d.outcome.finished);
  run_fixture_again(&d);
  d.over = 0;
  assert_int_equal(rename(from, to), 0);
  run_fixture_go(&d, WORKSPACE("\"setup\":[\"true\"]"));
  run_fixture_wait(&d, 1);
  assert_string_equal(d.outcome.code, "spawn-failed");
  buf_free(&more);
  run_fixture_close(&d);
}

static void test_run_prepare__what_cannot_be_cloned_is_refused_or_told(void **state)
{
  (void)state;
  struct run_fixture d;
  struct fault f = {0};
  run_fixture_open(&d, "INIT; GOOD");
  assert_null(run_new(&d.settings,
                      run_fixture_request(",\"workspace\":{\"source\":{\"type\":\"git\","
                                          "\"url\":\"ext::x\"}}"),
                      &f));
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_true(span_starts(span_of(f.text), "run request: workspace.source.url: "));
  run_fixture_close(&d);
  run_fixture_expect("INIT; GOOD",
                     ",\"workspace\":{\"source\":{\"type\":\"git\",\"url\":\"/none\"}}",
                     "clone-failed", "\"step\":\"clone\",\"state\":\"failed\"");
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_run_prepare__the_agent_finds_what_the_setup_made),
      cmocka_unit_test(test_run_prepare__a_setup_that_fails_ends_the_run_with_its_output),
      cmocka_unit_test(test_run_prepare__run_ms_holds_for_the_setup_too),
      cmocka_unit_test(test_run_prepare__a_secret_in_the_output_is_struck_out),
      cmocka_unit_test(test_run_prepare__a_cancel_ends_the_setup),
      cmocka_unit_test(
          test_run_prepare__a_program_that_the_setup_brings_is_found_after_it),
      cmocka_unit_test(test_run_prepare__what_cannot_be_cloned_is_refused_or_told),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
