/* SPDX-License-Identifier: MIT */
#include "workspace/known_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_known_files__a_name_is_one_in_its_folder_and_another_in_the_next(void **state)
{
  (void)state;
  struct known_files *k = known_files_new(1 << 20);
  struct known *root = known_root(k), *a = known_find(k, root, "a", true);
  a->kind = KNOWN_FOLDER;
  struct known *b = known_find(k, a, "b", true), *top = known_find(k, root, "b", true);
  assert_ptr_not_equal(b, top);
  assert_ptr_equal(known_find(k, a, "b", true), b);
  assert_null(known_find(k, a, "c", false));
  struct buf path = buf_make(100);
  known_path(b, &path);
  assert_string_equal(buf_cstring(&path), "/a/b");
  buf_clear(&path);
  known_path(root, &path);
  assert_int_equal(path.len, 0);
  known_remove(k, b);
  assert_null(a->first);
  assert_null(known_find(k, a, "b", false));
  buf_free(&path);
  known_files_free(k);
}

static void
test_known_files__what_comes_again_is_folded_into_the_place_that_it_has(void **state)
{
  (void)state;
  struct known_files *k = known_files_new(1 << 20);
  struct known *root = known_root(k), *a = known_find(k, root, "a", true),
               *b = known_find(k, root, "b", true), *c = known_find(k, root, "c", true);
  assert_true(known_queue(k, a, QUEUE_NAMES));
  assert_true(known_queue(k, b, QUEUE_NAMES));
  assert_true(known_queue(k, c, QUEUE_NAMES));
  assert_false(known_queue(k, a, QUEUE_NAMES));
  assert_false(known_queue(k, a, QUEUE_FOLDERS));
  assert_int_equal(known_waiting(k), 3);
  known_remove(k, b); /* from the middle */
  assert_ptr_equal(known_next(k, QUEUE_NAMES), a);
  known_dequeue(k, a);
  assert_ptr_equal(known_next(k, QUEUE_NAMES), c);
  assert_true(known_queue(k, a, QUEUE_FOLDERS));
  known_dequeue(k, c);
  assert_null(known_next(k, QUEUE_NAMES));
  assert_ptr_equal(known_next(k, QUEUE_FOLDERS), a);
  known_files_free(k);
}

static void test_known_files__a_watch_finds_its_folder_until_it_has_none(void **state)
{
  (void)state;
  struct known_files *k = known_files_new(1 << 20);
  struct known *a = known_find(k, known_root(k), "a", true),
               *b = known_find(k, known_root(k), "b", true);
  known_watch(k, a, 1);
  known_watch(k, b, 1025); /* the same row */
  assert_ptr_equal(known_by_watch(k, 1), a);
  assert_ptr_equal(known_by_watch(k, 1025), b);
  known_watch(k, a, 0);
  assert_null(known_by_watch(k, 1));
  known_remove(k, b);
  assert_null(known_by_watch(k, 1025));
  assert_null(known_by_watch(k, 7));
  known_files_free(k);
}

static void test_known_files__the_ceiling_holds_for_all_that_is_kept(void **state)
{
  (void)state;
  struct known_files *k = known_files_new(64 << 10);
  char name[20];
  unsigned n = 0;
  do
    snprintf(name, sizeof name, "file-%u", n++);
  while (known_find(k, known_root(k), name, true));
  assert_in_range(n, 200, 1000);
  assert_null(known_find(k, known_root(k), "", true));
  assert_non_null(known_find(k, known_root(k), "file-3", true)); /* it is there */
  known_remove(k, known_find(k, known_root(k), "file-3", false));
  assert_non_null(known_find(k, known_root(k), name, true));
  for (unsigned i = 4; i < n - 1; i++) {
    snprintf(name, sizeof name, "file-%u", i);
    assert_non_null(known_find(k, known_root(k), name, false));
  }
  known_files_free(k);
}

static void test_known_files__what_is_pruned(void **state)
{
  (void)state;
  assert_true(known_is_pruned(".git"));
  assert_true(known_is_pruned("node_modules"));
  assert_false(known_is_pruned(".github"));
  assert_false(known_is_pruned("src"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_known_files__a_name_is_one_in_its_folder_and_another_in_the_next),
      cmocka_unit_test(
          test_known_files__what_comes_again_is_folded_into_the_place_that_it_has),
      cmocka_unit_test(test_known_files__a_watch_finds_its_folder_until_it_has_none),
      cmocka_unit_test(test_known_files__the_ceiling_holds_for_all_that_is_kept),
      cmocka_unit_test(test_known_files__what_is_pruned),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
