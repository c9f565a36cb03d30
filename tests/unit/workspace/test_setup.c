/* SPDX-License-Identifier: MIT */
#include "workspace/setup.h"

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

static const struct setup_calls calls = {workspace_fixture_progress,
                                         workspace_fixture_done};

static struct setup *start(struct workspace_fixture *d, const char *steps)
{
  struct buf text = buf_make(SIZE_MAX);
  struct fault f = {0};
  buf_addf(&text, "\"source\":{\"type\":\"none\"},\"setup\":%s", steps);
  workspace_fixture_ask(d, buf_cstring(&text));
  buf_free(&text);
  struct setup *s = setup_start(&d->place, &d->req->workspace, &calls, d, &f);
  if (!s)
    fail_msg("%s", f.text);
  return s;
}

static void finish(struct workspace_fixture *d, struct setup *s)
{
  workspace_fixture_wait_end(d);
  setup_close(s, true, workspace_fixture_closed, d);
  workspace_fixture_wait_closed(d);
}

/* `code` NULL: it goes well. */
static void check(const char *steps, const char *told, const char *code,
                  const char *message)
{
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  finish(&d, start(&d, steps));
  assert_string_equal(buf_cstring(&d.told), told);
  assert_string_equal(d.code ? d.code : "", code ? code : "");
  assert_string_equal(buf_cstring(&d.message), message);
  workspace_fixture_close(&d);
}

static void
test_setup__what_a_step_exports_and_where_it_goes_holds_for_the_next(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  finish(&d, start(&d, "[\"mkdir sub && cd sub\",\"export A=1\",\"B=2\","
                       "\"pwd | sed 's,.*/,,'; printf $A$B\"]"));
  assert_string_equal(buf_cstring(&d.tail), "sub\n12\n");
  assert_null(d.code);
  workspace_fixture_close(&d);
}

static void test_setup__tells_each_step(void **state)
{
  (void)state;
  check("[\"true\",\"echo hi\"]",
        "true:started:-1|true:done:0|echo hi:started:-1|echo hi:done:0|", NULL, "");
  check("[\"exit 0\"]", "exit 0:started:-1|exit 0:done:0|", NULL, "");
}

static void test_setup__the_first_that_fails_ends_it_with_its_output(void **state)
{
  (void)state;
  check("[\"echo out; echo err >&2; (exit 9)\",\"touch never\"]",
        "echo out; echo err >&2; (exit 9):started:-1|"
        "echo out; echo err >&2; (exit 9):failed:9|",
        "setup-failed",
        "setup step failed: echo out; echo err >&2; (exit 9) (exit 9)\nout\nerr");
  check("[\"exit 3\",\"true\"]", "exit 3:started:-1|exit 3:failed:3|", "setup-failed",
        "setup step failed: exit 3 (exit 3)");
  check("[\"exit 0\",\"true\"]", "exit 0:started:-1|exit 0:failed:0|", "setup-failed",
        "setup step failed: exit 0 (the shell exited before the next step)");
}

static void
test_setup__a_comment_at_the_end_and_a_reader_of_stdin_hang_nothing(void **state)
{
  (void)state;
  check("[\"true # note\",\"cat\",\"read x || true\",\"true \\\\\"]",
        "true # note:started:-1|true # note:done:0|cat:started:-1|cat:done:0|"
        "read x || true:started:-1|read x || true:done:0|true \\:started:-1|"
        "true \\:done:0|",
        NULL, "");
}

static void test_setup__a_syntax_error_is_its_steps(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  finish(&d, start(&d, "[\"true\",\"if then\",\"true\"]"));
  assert_string_equal(d.code, "setup-failed");
  assert_non_null(strstr(buf_cstring(&d.message), "setup step failed: if then (exit "));
  assert_non_null(
      strstr(buf_cstring(&d.told), "true:done:0|if then:started:-1|if then:failed:"));
  workspace_fixture_close(&d);
}

static void test_setup__shows_the_last_of_a_long_output(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  finish(&d, start(&d, "[\"seq 1 100000; printf end\"]"));
  assert_null(d.code);
  assert_int_equal(d.tail.len <= LIMIT_SETUP_TAIL, 1);
  assert_non_null(strstr(buf_cstring(&d.tail), "99999\n100000\nend\n"));
  workspace_fixture_close(&d);
}

static void test_setup__each_step_has_the_deadline_for_itself(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  d.place.deadline_ms = 600;
  finish(&d, start(&d, "[\"sleep 0.4\",\"sleep 0.4\",\"sleep 60\"]"));
  assert_string_equal(d.code, "setup-failed");
  assert_string_equal(
      buf_cstring(&d.message),
      "setup step failed: sleep 60 (it did not end within 600 ms (setupMs))");
  assert_non_null(strstr(buf_cstring(&d.told), "sleep 60:failed:-1|"));
  traces_expect_alive(0, 1000);
  workspace_fixture_close(&d);
}

static void test_setup__a_background_job_lives_on(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  struct setup *s = start(&d, "[\"sleep 60 >/dev/null 2>&1 & echo $! >pid\",\"true\"]");
  workspace_fixture_wait_end(&d);
  assert_null(d.code);
  traces_expect_alive(1, 1000);
  setup_close(s, false, workspace_fixture_closed, &d);
  workspace_fixture_wait_closed(&d);
  traces_expect_alive(1, 1000);
  workspace_fixture_shell(&d, "kill $(cat work/pid)");
  workspace_fixture_close(&d);
}

static void test_setup__a_cancel_ends_it(void **state)
{
  (void)state;
  struct workspace_fixture d;
  workspace_fixture_open(&d);
  struct setup *s = start(&d, "[\"sleep 60\"]");
  loopback_run_ms(d.loop, 50);
  setup_cancel(s);
  finish(&d, s);
  assert_string_equal(d.code, "setup-failed");
  traces_expect_alive(0, 1000);
  workspace_fixture_close(&d);
}

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_setup__what_a_step_exports_and_where_it_goes_holds_for_the_next),
      cmocka_unit_test(test_setup__tells_each_step),
      cmocka_unit_test(test_setup__the_first_that_fails_ends_it_with_its_output),
      cmocka_unit_test(
          test_setup__a_comment_at_the_end_and_a_reader_of_stdin_hang_nothing),
      cmocka_unit_test(test_setup__a_syntax_error_is_its_steps),
      cmocka_unit_test(test_setup__shows_the_last_of_a_long_output),
      cmocka_unit_test(test_setup__each_step_has_the_deadline_for_itself),
      cmocka_unit_test(test_setup__a_background_job_lives_on),
      cmocka_unit_test(test_setup__a_cancel_ends_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
