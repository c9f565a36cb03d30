/* SPDX-License-Identifier: MIT */
/* The door in a process of its own; what it does with frames is the flow tests. */
#include "base/limits.h"
#include "door/doors.h"
#include "door/options.h"
#include "loopback.h"
#include "scratch.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct door bridge_door;

static struct scratch scratch;

/* The program itself, its output in "out"; its exit status. */
static int run_bridge(const char *variables, const char *options, int signal_after)
{
  char command[1000];
  (void)snprintf(
      command, sizeof command,
      "cd %s || exit 9; env -i PATH=/usr/bin:/bin TMPDIR=%s %s \"%s\" bridge %s "
      "--bridge-state-dir %s/state > out 2> err & pid=$!; "
      "%s wait $pid; echo $? > status",
      scratch.folder, scratch.folder, variables, getenv("RUNLET"), options,
      scratch.folder,
      signal_after ? "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; test -s out "
                     "&& break; done; kill -TERM $pid;"
                   : "");
  assert_int_equal(system(command), 0); /* NOLINT: the test's own words */
  char *status = scratch_read(&scratch, "status");
  int code = atoi(status);
  free(status);
  return code;
}

static void file_says(const char *name, const char *text)
{
  char *whole = scratch_read(&scratch, name);
  assert_non_null(whole);
  if (!strstr(whole, text))
    fail_msg("%s: %s", name, whole);
  free(whole);
}

static void test_bridge_door__is_ready_by_a_line_and_ends_by_a_signal(void **state)
{
  (void)state;
  scratch = scratch_make();
  assert_int_equal(run_bridge("BRIDGE_CHANNEL_TOKEN=s3cret", "--bridge-type t", 1), 0);
  file_says("out", "{\"type\":\"bridge-ready\",\"port\":");
  file_says("state/bridge-meta.json", "\"state\":\"done\"");
  scratch_remove(&scratch);
}

static void fails(const char *variables, const char *options, int status, const char *why)
{
  scratch = scratch_make();
  assert_int_equal(run_bridge(variables, options, 0), status);
  file_says("out", "{\"type\":\"bridge-fatal\",\"message\":\"");
  file_says("out", why);
  scratch_remove(&scratch);
}

static void test_bridge_door__what_cannot_be_is_fatal_and_named(void **state)
{
  (void)state;
  fails("A=1", "", 2, "BRIDGE_CHANNEL_TOKEN must be set");
  fails("BRIDGE_CHANNEL_TOKEN=", "", 2, "BRIDGE_CHANNEL_TOKEN must be set");
  fails("BRIDGE_CHANNEL_TOKEN=x", "--harness none", 2, "--harness must be");
  fails("BRIDGE_CHANNEL_TOKEN=x BRIDGE_WS_PORT=9x", "", 2, "BRIDGE_WS_PORT must be");
  fails("BRIDGE_CHANNEL_TOKEN=x", "--workdir none/here", 1, "none/here");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bridge_door__is_ready_by_a_line_and_ends_by_a_signal),
      cmocka_unit_test(test_bridge_door__what_cannot_be_is_fatal_and_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
