/* SPDX-License-Identifier: MIT */
#include "door/folders.h"

#include "door/http/http_door.h"
#include "door/stdin_door.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_folders__without_a_state_dir_it_is_below_tmpdir(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct strv environment = {0};
  struct folders d;
  struct fault f = {0};
  struct options o = {.door = &http_door, .run.settings.workspace = s.folder};
  char wanted[64];
  snprintf(wanted, sizeof wanted, "runlet-%u", (unsigned)geteuid());
  strv_set_env(&environment, "TMPDIR", span_of(s.folder));
  assert_int_equal(folders_open(&d, &o, &environment, NULL, &f), 0);
  assert_string_equal(d.state.at, scratch_path(&s, wanted));
  assert_string_equal(d.runs.at, d.state.at); /* the agent is nobody else */
  assert_true(scratch_has(&s, wanted));
  assert_string_equal(d.workspace.at, s.folder);
  folders_close(&d);
  strv_free(&environment);
  scratch_remove(&s);
}

static void test_folders__a_run_at_the_terminal_works_where_it_was_started(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct strv environment = {0};
  struct folders d;
  struct fault f = {0};
  struct options o = {.door = &stdin_door, .run.state_dir = scratch_path(&s, "state")};
  char here[4096];
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(folders_open(&d, &o, &environment, NULL, &f), 0);
  assert_string_equal(d.workspace.at, here);
  folders_close(&d);
  scratch_remove(&s);
}

static void test_folders__what_cannot_be_used_is_named_by_its_option(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct strv environment = {0};
  struct folders d;
  struct fault f = {0};
  struct options o = {.door = &http_door,
                      .run = {.settings.workspace = "/no/such/folder",
                              .state_dir = scratch_path(&s, "state")}};
  assert_int_equal(folders_open(&d, &o, &environment, NULL, &f), -1);
  assert_non_null(strstr(f.text, "--workspace"));
  folders_close(&d);
  assert_int_equal(chmod(scratch_path(&s, "state"), 0755), 0);
  assert_int_equal(folders_open(&d, &o, &environment, NULL, &f), -1);
  assert_non_null(strstr(f.text, "--state-dir"));
  folders_close(&d);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_folders__without_a_state_dir_it_is_below_tmpdir),
      cmocka_unit_test(test_folders__a_run_at_the_terminal_works_where_it_was_started),
      cmocka_unit_test(test_folders__what_cannot_be_used_is_named_by_its_option),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
