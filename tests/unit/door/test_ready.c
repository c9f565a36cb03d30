/* SPDX-License-Identifier: MIT */
#include "door/http/ready.h"

#include "door/doors.h"
#include "door/options_read.h"
#include "scratch.h"
#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void expect(const struct runtime *g, bool down, const char *text)
{
  struct buf json = buf_make(1 << 16);
  bool ready = ready_write(g, down, &json);
  if (ready != !strcmp(text, "{\"ready\":true}") || !strstr(buf_cstring(&json), text))
    fail_msg("not %s: %s", text, buf_cstring(&json));
  buf_free(&json);
}

static void test_ready__says_every_reason_why_not(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char folder[200], name[] = "runlet", command[] = "serve", path[300];
  char *argv[] = {name, command, NULL};
  snprintf(folder, sizeof folder, "%s/state", s.folder);
  snprintf(path, sizeof path, "PATH=%s", s.folder);
  char *env[] = {path, NULL};
  struct options o;
  struct runtime g;
  struct fault f = {0};
  assert_int_equal(options_read(doors, 2, argv, env, &o, &f), 0);
  o.run.state_dir = folder;
  o.run.settings.workspace = s.folder;
  if (runtime_open(&g, &o, env, &f) < 0)
    fail_msg("%s", f.text);
  expect(&g, false, "{\"ready\":true}");
  expect(&g, true, "{\"ready\":false,\"reasons\":[\"shutting down\"]}");
  o.serve.require_cli = "claude, codex";
  expect(&g, false, "claude is not on PATH");
  expect(&g, false, "codex is not on PATH");
  scratch_write(&s, "claude", 0755, "#!/bin/sh\n");
  scratch_write(&s, "codex", 0755, "#!/bin/sh\n");
  expect(&g, false, "{\"ready\":true}");
  o.serve.max_runs = 0;
  expect(&g, false, "--max-runs");
  o.serve.max_runs = 8;
  assert_int_equal(rmdir(folder), 0);
  expect(&g, false, "state");
  runtime_close(&g);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ready__says_every_reason_why_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
