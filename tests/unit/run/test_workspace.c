/* SPDX-License-Identifier: MIT */
#include "run/workspace.h"

#include "base/limits.h"
#include "scratch.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static void expect_path(const char *base, bool per_thread, const struct run_request *req,
                        const char *expected)
{
  struct buf path = buf_make(8 * KIB);
  struct fault f = {0};
  assert_int_equal(workspace_choose(base, per_thread, NULL, req, &path, &f), 0);
  assert_string_equal(path.at, expected);
  assert_int_equal(access(path.at, W_OK), 0);
  buf_free(&path);
}

static void test_workspace__the_option_is_taken_without_its_links(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct buf path = buf_make(8 * KIB);
  struct fault f = {0};
  assert_int_equal(mkdir(scratch_path(&s, "real"), 0700), 0);
  char real[512];
  snprintf(real, sizeof real, "%s", s.path);
  assert_int_equal(symlink(real, scratch_path(&s, "link")), 0);
  assert_int_equal(workspace_base(s.path, true, &path, &f), 0);
  assert_string_equal(path.at, real);
  buf_free(&path);
  scratch_remove(&s);
}

static void test_workspace__an_option_that_cannot_be_used_is_never_replaced(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct buf path = buf_make(8 * KIB);
  struct fault f = {0};
  for (int serve = 0; serve < 2; serve++) {
    assert_int_equal(workspace_base(scratch_path(&s, "none"), serve, &path, &f), -1);
    assert_non_null(strstr(f.text, "--workspace"));
    assert_non_null(strstr(f.text, s.path));
  }
  scratch_write(&s, "file", 0600, "x");
  assert_int_equal(workspace_base(s.path, false, &path, &f), -1);
  assert_non_null(strstr(f.text, "not a folder"));
  buf_free(&path);
  scratch_remove(&s);
}

static void test_workspace__run_takes_the_current_folder(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct buf path = buf_make(8 * KIB);
  struct fault f = {0};
  char *back = getcwd(NULL, 0);
  assert_int_equal(chdir(s.folder), 0);
  assert_int_equal(workspace_base(NULL, false, &path, &f), 0);
  assert_string_equal(path.at, s.folder);
  bool image = access("/workspace", W_OK | X_OK) == 0;
  assert_int_equal(workspace_base(NULL, true, &path, &f), 0);
  if (!image)
    assert_string_equal(path.at, s.folder);
  else
    assert_string_not_equal(path.at, s.folder);
  assert_int_equal(chdir(back), 0);
  free(back);
  buf_free(&path);
  scratch_remove(&s);
}

static void test_workspace__root_in_a_request_never_moves_it(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct run_request req = {.root = SPAN_LITERAL("/etc"), .thread_id = SPAN_LITERAL("t")};
  expect_path(s.folder, false, &req, s.folder);
  scratch_remove(&s);
}

static void test_workspace__each_thread_has_one_folder_below_whatever_its_id(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct run_request req = {.thread_id = SPAN_LITERAL("thread-1")};
  char first[600];
  snprintf(first, sizeof first, "%s", scratch_path(&s, "thread-1"));
  expect_path(s.folder, true, &req, first);
  scratch_write(&s, "thread-1/kept", 0600, "x");
  expect_path(s.folder, true, &req, first); /* the same one again */
  assert_true(scratch_has(&s, "thread-1/kept"));
  req.thread_id = SPAN_LITERAL("../../etc");
  struct buf path = buf_make(8 * KIB);
  struct fault f = {0};
  assert_int_equal(workspace_choose(s.folder, true, NULL, &req, &path, &f), 0);
  assert_int_equal(strncmp(path.at, s.folder, strlen(s.folder)), 0);
  assert_null(strchr(path.at + strlen(s.folder) + 1, '/'));
  buf_free(&path);
  assert_int_equal(scratch_count(&s, "."), 2);
  scratch_remove(&s);
}

static void test_workspace__a_local_source_is_used_in_place_even_per_thread(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char local[512];
  assert_int_equal(mkdir(scratch_path(&s, "local"), 0700), 0);
  snprintf(local, sizeof local, "%s", s.path);
  struct run_request req = {.local_path = span_of(local), .thread_id = SPAN_LITERAL("t")};
  expect_path(s.folder, false, &req, local);
  expect_path(s.folder, true, &req, local);
  assert_false(scratch_has(&s, "t"));
  scratch_remove(&s);
}

static void
test_workspace__a_local_source_that_is_not_there_is_the_requests_fault(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct buf path = buf_make(8 * KIB);
  struct fault f = {0};
  struct run_request req = {.local_path = span_of(scratch_path(&s, "none"))};
  assert_int_equal(workspace_choose(s.folder, false, NULL, &req, &path, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, "workspace.source.path"));
  assert_non_null(strstr(f.text, s.path));
  assert_false(scratch_has(&s, "none")); /* it is not made */
  buf_free(&path);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_workspace__the_option_is_taken_without_its_links),
      cmocka_unit_test(test_workspace__an_option_that_cannot_be_used_is_never_replaced),
      cmocka_unit_test(test_workspace__run_takes_the_current_folder),
      cmocka_unit_test(test_workspace__root_in_a_request_never_moves_it),
      cmocka_unit_test(test_workspace__each_thread_has_one_folder_below_whatever_its_id),
      cmocka_unit_test(test_workspace__a_local_source_is_used_in_place_even_per_thread),
      cmocka_unit_test(
          test_workspace__a_local_source_that_is_not_there_is_the_requests_fault),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
