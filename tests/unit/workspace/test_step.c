/* SPDX-License-Identifier: MIT */
#include "workspace/step.h"

#include "base/limits.h"
#include "child_fixture.h"
#include "loopback.h"
#include "traces.h"
#include "workspace_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fault fault;
static int status;

static void line_came(void *who, struct span line)
{
  struct workspace_fixture *d = who;
  buf_add(&d->told, line);
  buf_add_char(&d->told, '|');
}

static void done(void *who, const struct step_end *end)
{
  fault = end->fault ? *end->fault : (struct fault){0};
  status = end->status;
  workspace_fixture_done(who, NULL, end->stderr_tail);
}

static struct step *start(struct workspace_fixture *d, const char *script)
{
  static const struct step_calls calls = {line_came, done};
  struct strv argv = {0};
  struct fault f = {0};
  strv_addf(&argv, "sh");
  strv_addf(&argv, "-c");
  strv_addf(&argv, "%s", script);
  struct step *s = step_start(&d->place, "/bin/sh", &argv, NULL, &calls, d, &f);
  strv_free(&argv);
  assert_non_null(s);
  assert_int_equal(d->ends, 0);
  return s;
}

static void finish(struct workspace_fixture *d, struct step *s, bool sweep)
{
  workspace_fixture_wait_end(d);
  step_close(s, sweep, workspace_fixture_closed, d);
  assert_int_equal(d->closed, 0);
  workspace_fixture_wait_closed(d);
}

static void test_step__runs_in_the_folder_with_no_input(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  finish(&d, start(&d, "cat; pwd; echo no >&2; exit 3"), true);
  buf_add_char(&d.told, 0);
  assert_non_null(strstr(d.told.at, "/work|"));
  assert_int_equal(d.told.at[0], '/');
  assert_string_equal(buf_cstring(&d.message), "no\n");
  assert_int_equal(status, 3);
  assert_int_equal(fault.kind, FAULT_NONE);
  workspace_fixture_close(&d);
}

static void test_step__ends_at_its_deadline(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  d.place.deadline_ms = 50;
  finish(&d, start(&d, "sleep 60 & sleep 60"), true);
  assert_int_equal(fault.kind, FAULT_TIMEOUT);
  assert_string_equal(fault.text, "it did not end within 50 ms (setupMs)");
  traces_expect_alive(0, 1000);
  workspace_fixture_close(&d);
}

static void test_step__a_cancel_ends_it(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  struct step *s = start(&d, "trap '' TERM; sleep 60; sleep 60");
  loopback_run_ms(d.loop, 50);
  step_cancel(s);
  finish(&d, s, true);
  assert_int_equal(fault.kind, FAULT_CANCELLED);
  traces_expect_alive(0, 1000);
  workspace_fixture_close(&d);
}

static void test_step__what_it_left_running_lives_until_it_is_swept(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  struct step *s = start(&d, "sleep 60 >/dev/null 2>&1 &");
  workspace_fixture_wait_end(&d);
  traces_expect_alive(1, 1000);
  finish(&d, s, true);
  traces_expect_alive(0, 1000);
  workspace_fixture_close(&d);
}

static void test_step__a_program_that_is_not_there_is_told_by_its_end(void **state)
{
  (void)state;
  static const struct step_calls calls = {line_came, done};
  struct workspace_fixture d;
  struct strv argv = {0};
  struct fault f = {0};
  workspace_fixture_open(&d);
  strv_addf(&argv, "none");
  struct step *s = step_start(&d.place, "/none", &argv, NULL, &calls, &d, &f);
  strv_free(&argv);
  assert_non_null(s);
  finish(&d, s, true);
  assert_non_null(strstr(fault.text, "No such file"));
  workspace_fixture_close(&d);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_step__runs_in_the_folder_with_no_input),
      cmocka_unit_test(test_step__ends_at_its_deadline),
      cmocka_unit_test(test_step__a_cancel_ends_it),
      cmocka_unit_test(test_step__what_it_left_running_lives_until_it_is_swept),
      cmocka_unit_test(test_step__a_program_that_is_not_there_is_told_by_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
