/* SPDX-License-Identifier: MIT */
#include "door/runtime.h"

#include "door/doors.h"
#include "door/options_read.h"
#include "io/signals.h"
#include "scratch.h"
#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct options options_for(struct scratch *s, char *state, size_t capacity)
{
  struct options o;
  struct fault f = {0};
  char name[] = "runlet", command[] = "serve";
  char *argv[] = {name, command, NULL}, *env[] = {NULL};
  assert_int_equal(options_read(doors, 2, argv, env, &o, &f), 0);
  snprintf(state, capacity, "%s/state", s->folder);
  o.run.state_dir = state;
  o.run.settings.workspace = s->folder;
  return o;
}

static void test_runtime__opens_and_gives_everything_back(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char folder[200], path[] = "PATH=/bin", ours[] = "RUNLET_X=1";
  char *env[] = {path, ours, NULL};
  struct options o = options_for(&s, folder, sizeof folder);
  struct runtime g;
  struct fault f = {0};
  unsigned before = traces_descriptors();
  for (int i = 0; i < 3; i++) {
    if (runtime_open(&g, &o, env, &f) < 0)
      fail_msg("%s", f.text);
    assert_null(strv_env(&g.environment, "RUNLET_X"));
    assert_string_equal(g.settings.workspace, s.folder);
    assert_int_equal(g.settings.deadlines.run_ms, 21600000);
    runtime_close(&g);
    assert_false(g.unclean);
  }
  assert_in_range(traces_descriptors(), before,
                  before + 3); /* our own program, libuv's own */
  struct stat st;
  assert_int_equal(stat(folder, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
  scratch_remove(&s);
}

static void test_runtime__what_cannot_be_used_is_named_by_its_option(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char folder[200];
  char *env[] = {NULL};
  struct options o = options_for(&s, folder, sizeof folder);
  struct runtime g;
  struct fault f = {0};
  assert_int_equal(mkdir(folder, 0755), 0);
  assert_int_equal(runtime_open(&g, &o, env, &f), -1);
  assert_non_null(strstr(f.text, "--state-dir"));
  runtime_close(&g);
  assert_int_equal(chmod(folder, 0700), 0);
  o.run.settings.workspace = "/no/such/folder";
  assert_int_equal(runtime_open(&g, &o, env, &f), -1);
  assert_non_null(strstr(f.text, "--workspace"));
  runtime_close(&g);
  o.run.settings.workspace = s.folder;
  o.run.ca_file = "/no/such/ca.pem";
  assert_int_equal(runtime_open(&g, &o, env, &f), -1);
  assert_non_null(strstr(f.text, "--ca-file"));
  runtime_close(&g);
  scratch_remove(&s);
}

static void test_runtime__the_options_become_the_settings_of_runs(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char folder[200];
  char *env[] = {NULL};
  struct options o = options_for(&s, folder, sizeof folder);
  o.max_line_bytes = 2001;
  o.run.settings.deadlines.run_ms = 2002;
  o.run.settings.deadlines.start_ms = 2003;
  o.run.settings.deadlines.idle_ms = 2004;
  o.run.settings.deadlines.tool_ms = 2005;
  o.run.settings.deadlines.kill_grace_ms = 2006;
  o.run.settings.deadlines.drain_ms = 2007;
  o.run.settings.max_run_ms = 2008;
  o.run.settings.heartbeat_ms = 2009;
  o.run.settings.result_grace_ms = 2010;
  o.run.settings.bridge_hold_ms = 2011;
  o.run.settings.bridge_progress_ms = 2012;
  o.run.settings.mcp_legacy_only = o.run.settings.workspace_per_thread = true;
  struct runtime g;
  struct fault f = {0};
  assert_int_equal(runtime_open(&g, &o, env, &f), 0);
  assert_int_equal(g.settings.line_ceiling, 2001);
  assert_int_equal(g.settings.deadlines.run_ms, 2002);
  assert_int_equal(g.settings.deadlines.start_ms, 2003);
  assert_int_equal(g.settings.deadlines.idle_ms, 2004);
  assert_int_equal(g.settings.deadlines.tool_ms, 2005);
  assert_int_equal(g.settings.deadlines.kill_grace_ms, 2006);
  assert_int_equal(g.settings.deadlines.drain_ms, 2007);
  assert_int_equal(g.settings.max_run_ms, 2008);
  assert_int_equal(g.settings.heartbeat_ms, 2009);
  assert_int_equal(g.settings.result_grace_ms, 2010);
  assert_int_equal(g.settings.bridge_hold_ms, 2011);
  assert_int_equal(g.settings.bridge_progress_ms, 2012);
  assert_true(g.settings.mcp_legacy_only);
  assert_true(g.settings.workspace_per_thread);
  runtime_close(&g);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_runtime__opens_and_gives_everything_back),
      cmocka_unit_test(test_runtime__what_cannot_be_used_is_named_by_its_option),
      cmocka_unit_test(test_runtime__the_options_become_the_settings_of_runs),
  };
  unsetenv("SSL_CERT_FILE");
  signals_block();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
