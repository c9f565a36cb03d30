/* SPDX-License-Identifier: MIT */
#include "io/tree_removal.h"

#include "base/limits.h"
#include "scratch.h"
#include "traces.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char doomed[512];

static struct scratch with_doomed(void)
{
  struct scratch s = scratch_make();
  snprintf(doomed, sizeof doomed, "%s", scratch_path(&s, "doomed"));
  assert_int_equal(mkdir(doomed, 0700), 0);
  return s;
}

static void expect_gone(struct scratch *s)
{
  struct fault f = {0};
  unsigned before = traces_descriptors();
  assert_int_equal(tree_remove_some(doomed, ULONG_MAX, &f), TREE_GONE);
  assert_int_equal(tree_remove_some(doomed, ULONG_MAX, &f), TREE_GONE);
  assert_int_equal(traces_descriptors(), before);
  assert_false(scratch_has(s, "doomed"));
}

static void test_tree_removal__takes_all_but_not_through_links(void **state)
{
  (void)state;
  struct scratch s = with_doomed();
  scratch_write(&s, "outside", 0600, "stays");
  assert_int_equal(mkdir(scratch_path(&s, "doomed/a"), 0700), 0);
  assert_int_equal(mkdir(scratch_path(&s, "doomed/a/b"), 0700), 0);
  assert_int_equal(mkdir(scratch_path(&s, "doomed/a/b/c"), 0700), 0);
  scratch_write(&s, "doomed/a/b/c/file", 0400, "x");
  scratch_write(&s, "doomed/.0", 0600, "a name of ours");
  assert_int_equal(symlink(s.folder, scratch_path(&s, "doomed/a/up")), 0);
  assert_int_equal(symlink(s.folder, scratch_path(&s, "doomed/up")), 0);
  expect_gone(&s);
  assert_true(scratch_has(&s, "outside"));
  scratch_remove(&s);
}

/* Deeper than a path can be long, with few descriptors. */
static void test_tree_removal__takes_a_tree_of_any_depth(void **state)
{
  (void)state;
  struct scratch s = with_doomed();
  int at = open(doomed, O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 20000; depth++) {
    assert_int_equal(mkdirat(at, "folder", 0700), 0);
    int below = openat(at, "folder", O_RDONLY | O_DIRECTORY);
    close(at);
    at = below;
  }
  close(at);
  struct rlimit few, before;
  getrlimit(RLIMIT_NOFILE, &before);
  few = before;
  few.rlim_cur = 16;
  setrlimit(RLIMIT_NOFILE, &few);
  struct fault f = {0};
  enum tree_removal went = tree_remove_some(doomed, ULONG_MAX, &f);
  setrlimit(RLIMIT_NOFILE, &before);
  assert_int_equal(went, TREE_GONE);
  assert_false(scratch_has(&s, "doomed"));
  scratch_remove(&s);
}

static void test_tree_removal__goes_in_steps(void **state)
{
  (void)state;
  struct scratch s = with_doomed();
  struct fault f = {0};
  char name[64];
  for (int i = 0; i < 250; i++) {
    snprintf(name, sizeof name, "doomed/%d", i);
    scratch_write(&s, name, 0600, "x");
  }
  assert_int_equal(tree_remove_some(doomed, 100, &f), TREE_MORE);
  assert_int_equal(scratch_count(&s, "doomed"), 150);
  assert_int_equal(tree_remove_some(doomed, 100, &f), TREE_MORE);
  assert_int_equal(tree_remove_some(doomed, 100, &f), TREE_GONE);
  scratch_remove(&s);
}

static void test_tree_removal__permits_itself_what_the_owner_may(void **state)
{
  (void)state;
  struct scratch s = with_doomed();
  assert_int_equal(mkdir(scratch_path(&s, "doomed/a"), 0700), 0);
  assert_int_equal(mkdir(scratch_path(&s, "doomed/a/b"), 0700), 0);
  assert_int_equal(mkdir(scratch_path(&s, "doomed/a/b/c"), 0700), 0);
  scratch_write(&s, "doomed/a/b/c/file", 0400, "x");
  for (const char *const *at = (const char *const[]){"doomed/a/b/c", "doomed/a/b",
                                                     "doomed/a", "doomed", NULL};
       *at; at++)
    assert_int_equal(chmod(scratch_path(&s, *at), 0000), 0);
  /* Root may everything: as somebody else. */
  if (geteuid() == 0) {
    assert_int_equal(chown(s.folder, 65534, 65534), 0);
    for (const char *const *at =
             (const char *const[]){"doomed", "doomed/a", "doomed/a/b", "doomed/a/b/c",
                                   "doomed/a/b/c/file", NULL};
         *at; at++)
      assert_int_equal(lchown(scratch_path(&s, *at), 65534, 65534), 0);
    assert_int_equal(seteuid(65534), 0);
  }
  struct fault f = {0};
  enum tree_removal went = tree_remove_some(doomed, ULONG_MAX, &f);
  (void)!seteuid(getuid());
  assert_int_equal(went, TREE_GONE);
  scratch_remove(&s);
}

static void test_tree_removal__says_what_it_has_to_leave(void **state)
{
  (void)state;
  struct scratch s = with_doomed();
  struct fault f = {0};
  if (geteuid() == 0) {
    assert_int_equal(mkdir(scratch_path(&s, "doomed/theirs"), 0700), 0);
    scratch_write(&s, "doomed/theirs/file", 0600, "x");
    scratch_write(&s, "doomed/ours", 0600, "x");
    assert_int_equal(chown(s.folder, 65534, 65534), 0);
    assert_int_equal(chown(doomed, 65534, 65534), 0);
    assert_int_equal(seteuid(65534), 0);
    enum tree_removal went = tree_remove_some(doomed, ULONG_MAX, &f);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(went, TREE_LEFT);
    assert_non_null(strstr(f.text, "cannot remove theirs from /"));
    assert_false(scratch_has(&s, "doomed/ours"));
    expect_gone(&s);
  }
  assert_int_equal(tree_remove_some("/proc/self/fd", 1000, &f), TREE_LEFT);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tree_removal__takes_all_but_not_through_links),
      cmocka_unit_test(test_tree_removal__takes_a_tree_of_any_depth),
      cmocka_unit_test(test_tree_removal__goes_in_steps),
      cmocka_unit_test(test_tree_removal__permits_itself_what_the_owner_may),
      cmocka_unit_test(test_tree_removal__says_what_it_has_to_leave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
