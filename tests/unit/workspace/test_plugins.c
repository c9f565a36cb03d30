/* SPDX-License-Identifier: MIT */
#include "workspace/plugins.h"

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

static const struct workspace_calls calls = {
    workspace_fixture_progress, workspace_fixture_warning, workspace_fixture_done};

static struct workspace_fixture d;
static bool all;

static void ended(void *who, bool done)
{
  struct workspace_fixture *w = who;
  all = done;
  w->ends++;
}

/* A claude that notes its arguments, and does not know "bad". */
static int open_fixture(void **state)
{
  (void)state;
  workspace_fixture_open(&d);
  workspace_fixture_shell(&d,
                          "mkdir bin && cat > bin/claude <<'END' && chmod 755 bin/*\n"
                          "#!/bin/sh\n"
                          "echo \"$PWD $*\" >> \"$HOME/said\"\n"
                          "case $3 in bad) echo out; echo no such plugin >&2; exit 3;; "
                          "slow) exec sleep 60;; esac\n"
                          "END\n");
  struct buf path = buf_make(1000);
  buf_addf(&path, "%s/bin:%s", d.scratch.folder, strv_env(&d.env, "PATH"));
  strv_set_env(&d.env, "PATH", buf_span(&path));
  buf_free(&path);
  return 0;
}

static int close_fixture(void **state)
{
  (void)state;
  workspace_fixture_close(&d);
  return 0;
}

static struct plugins *begin(const char *names)
{
  struct buf text = buf_make(1000);
  buf_addf(&text, "\"source\":{\"type\":\"none\"},\"plugins\":[%s]", names);
  workspace_fixture_ask(&d, buf_cstring(&text));
  buf_free(&text);
  return plugins_start(&d.place, &d.setup, &calls, &d, ended, &d);
}

static void test_plugins__each_is_installed_for_the_user(void **state)
{
  (void)state;
  (void)begin("\"a@b\",\"c d\"");
  assert_int_equal(d.ends, 0);
  workspace_fixture_wait_end(&d);
  assert_true(all);
  assert_string_equal(buf_cstring(&d.told), "plugin a@b:started:-1|plugin a@b:done:0|"
                                            "plugin c d:started:-1|plugin c d:done:0|");
  char *said = scratch_read(&d.scratch, "said");
  struct buf expected = buf_make(1000);
  buf_addf(&expected, "%s plugin install a@b\n%s plugin install c d\n", d.folder,
           d.folder);
  assert_string_equal(said, buf_cstring(&expected));
  buf_free(&expected);
  free(said);
}

static void
test_plugins__one_that_fails_is_a_warning_and_the_next_is_installed(void **state)
{
  (void)state;
  (void)begin("\"bad\",\"good\"");
  workspace_fixture_wait_end(&d);
  assert_false(all);
  assert_string_equal(buf_cstring(&d.warned),
                      "plugin-not-applied: workspace.plugins: bad: exit 3\nout\n"
                      "no such plugin|");
  assert_non_null(
      strstr(buf_cstring(&d.told), "plugin bad:failed:3|plugin good:started"));
}

static void test_plugins__without_the_program_each_is_a_warning(void **state)
{
  (void)state;
  strv_set_env(&d.env, "PATH", SPAN_LITERAL("/none"));
  (void)begin("\"a\"");
  workspace_fixture_wait_end(&d);
  assert_false(all);
  assert_non_null(strstr(buf_cstring(&d.warned), "workspace.plugins: a: "));
}

static void test_plugins__a_cancel_ends_the_one_at_work_and_begins_no_other(void **state)
{
  (void)state;
  struct plugins *p = begin("\"slow\",\"a\"");
  loopback_run_ms(d.loop, 100);
  plugins_cancel(p);
  workspace_fixture_wait_end(&d);
  assert_false(all);
  assert_int_equal(d.warned.len, 0);
  assert_null(strstr(buf_cstring(&d.told), "plugin a"));
  traces_expect_alive(0, 1000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)

int main(int argc, char **argv)
{
  if (child_fixture_is_keeper(argc, argv))
    return keeper_main(argc, argv);
  const struct CMUnitTest tests[] = {
      T(test_plugins__each_is_installed_for_the_user),
      T(test_plugins__one_that_fails_is_a_warning_and_the_next_is_installed),
      T(test_plugins__without_the_program_each_is_a_warning),
      T(test_plugins__a_cancel_ends_the_one_at_work_and_begins_no_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
