/* SPDX-License-Identifier: MIT */
#include "io/folder_read.h"

#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scratch scratch;
static int root;

static int open_scratch(void **state)
{
  (void)state;
  scratch = scratch_make();
  root = open(scratch.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(mkdir(scratch_path(&scratch, "a"), 0755), 0);
  assert_int_equal(mkdir(scratch_path(&scratch, "a/b"), 0755), 0);
  return root < 0;
}

static int close_scratch(void **state)
{
  (void)state;
  close(root);
  scratch_remove(&scratch);
  return 0;
}

static void test_folder_read__a_folder_is_opened_part_by_part_and_no_link(void **state)
{
  (void)state;
  assert_int_equal(symlink("a", scratch_path(&scratch, "link")), 0);
  int fd = folder_open(root, "/a/b");
  assert_true(fd >= 0);
  close(fd);
  fd = folder_open(root, "");
  assert_true(fd >= 0);
  close(fd);
  assert_int_equal(folder_open(root, "/link/b"), -1);
  assert_int_equal(folder_open(root, "/link"), -1);
  assert_int_equal(folder_open(root, "/a/none"), -1);
  char deep[400];
  memset(deep, 'x', sizeof deep);
  deep[0] = '/';
  deep[sizeof deep - 1] = 0;
  assert_int_equal(folder_open(root, deep), -1);
}

static void test_folder_read__a_look_tells_files_and_folders_apart(void **state)
{
  (void)state;
  scratch_write(&scratch, "f", 0644, "one");
  assert_int_equal(symlink("f", scratch_path(&scratch, "to-f")), 0);
  assert_int_equal(mkfifo(scratch_path(&scratch, "pipe"), 0644), 0);
  struct folder_look f = folder_look(root, "f", 0), a = folder_look(root, "a", 0);
  assert_int_equal(f.kind, FOLDER_FILE);
  assert_int_equal(a.kind, FOLDER_FOLDER);
  assert_true(f.stamp != 0 && a.stamp != 0 && f.after);
  assert_false(folder_look(root, "f", INT64_MAX).after);
  assert_int_equal(folder_look(root, "to-f", 0).kind, FOLDER_NOTHING);
  assert_int_equal(folder_look(root, "pipe", 0).kind, FOLDER_NOTHING);
  assert_int_equal(folder_look(root, "none", 0).kind, FOLDER_NOTHING);
  assert_int_equal(folder_look(-1, "f", 0).kind, FOLDER_NOTHING);
  assert_true(folder_look(root, "f", 0).stamp == f.stamp);
  scratch_write(&scratch, "f", 0644, "longer");
  assert_true(folder_look(root, "f", 0).stamp != f.stamp);
  scratch_write(&scratch, "a/g", 0644, "");
  assert_true(folder_look(root, "a", 0).stamp == a.stamp); /* it is the same folder */
  int fd = folder_open(root, "/a");
  assert_true(folder_look(fd, NULL, 0).stamp == a.stamp);
  close(fd);
}

static void test_folder_read__every_name_comes_once(void **state)
{
  (void)state;
  struct folder_read *r = folder_read_open(folder_open(root, "/a"));
  unsigned seen = 0;
  const char *name;
  assert_non_null(r);
  while ((name = folder_read_next(r)) != NULL)
    seen += !strcmp(name, "b") ? 1 : !strcmp(name, "g") ? 10 : 100;
  assert_int_equal(seen, 11);
  folder_read_close(r);
  folder_read_close(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_folder_read__a_folder_is_opened_part_by_part_and_no_link),
      cmocka_unit_test(test_folder_read__a_look_tells_files_and_folders_apart),
      cmocka_unit_test(test_folder_read__every_name_comes_once),
  };
  return cmocka_run_group_tests(tests, open_scratch, close_scratch);
}
