/* SPDX-License-Identifier: MIT */
#include "run/workspace.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void test_workspace__the_option_must_be_a_folder_that_can_be_used(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct buf path = buf_make(4096);
  struct fault f = {0};
  assert_int_equal(workspace_base(s.folder, true, &path, &f), 0);
  assert_string_equal(buf_cstring(&path), s.folder);
  assert_int_equal(workspace_base(scratch_path(&s, "none"), true, &path, &f), -1);
  assert_non_null(strstr(f.text, "--workspace"));
  assert_int_equal(workspace_base(scratch_write(&s, "file", 0600, "x"), false, &path, &f),
                   -1);
  assert_non_null(strstr(f.text, "not a folder"));
  buf_free(&path);
  scratch_remove(&s);
}

static void test_workspace__run_takes_the_current_folder(void **state)
{
  (void)state;
  struct buf path = buf_make(4096);
  struct fault f = {0};
  char here[4096];
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(workspace_base(NULL, false, &path, &f), 0);
  assert_string_equal(buf_cstring(&path), here);
  buf_free(&path);
}

static void test_workspace__each_thread_has_its_folder_below(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct buf path = buf_make(4096);
  struct fault f = {0};
  struct run_request req = {.thread_id = SPAN_LITERAL("a/../b")};
  assert_int_equal(workspace_choose(s.folder, false, &req, &path, &f), 0);
  assert_string_equal(buf_cstring(&path), s.folder);
  assert_int_equal(workspace_choose(s.folder, true, &req, &path, &f), 0);
  assert_true(!strncmp(buf_cstring(&path), s.folder, strlen(s.folder)));
  assert_null(strchr(buf_cstring(&path) + strlen(s.folder) + 1, '/')); /* no way out */
  struct stat st;
  assert_int_equal(stat(buf_cstring(&path), &st), 0);
  assert_int_equal(workspace_choose(s.folder, true, &req, &path, &f), 0); /* again */
  assert_int_equal(rmdir(buf_cstring(&path)), 0);
  buf_free(&path);
  scratch_remove(&s);
}

static void test_workspace__a_local_source_is_used_in_place_or_named(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct buf path = buf_make(4096);
  struct fault f = {0};
  struct run_request req = {.local_path = span_of(s.folder)};
  assert_int_equal(workspace_choose("/", true, &req, &path, &f), 0);
  assert_string_equal(buf_cstring(&path), s.folder);
  req.local_path = SPAN_LITERAL("/no/such/folder");
  assert_int_equal(workspace_choose("/", false, &req, &path, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "workspace.source.path"));
  buf_free(&path);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_workspace__the_option_must_be_a_folder_that_can_be_used),
      cmocka_unit_test(test_workspace__run_takes_the_current_folder),
      cmocka_unit_test(test_workspace__each_thread_has_its_folder_below),
      cmocka_unit_test(test_workspace__a_local_source_is_used_in_place_or_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
