/* SPDX-License-Identifier: MIT */
/* A plain folder stands for a hierarchy: what is written where.  Whether the kernel then
 * kills is the kernel's; test_keeper.c and the flow tests go through the real one where
 * there is one. */
#include "process/cgroup.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_text(struct scratch *s, const char *name, const char *text)
{
  char *is = scratch_read(s, name);
  assert_non_null(is);
  assert_string_equal(is, text);
  free(is);
}

static void test_cgroup__reads_the_count_and_0_where_there_is_none(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  assert_int_equal(cgroup_kills(scratch_write(&s, "events", 0600, "oom 1\noom_kill 7\n")),
                   7);
  assert_int_equal(cgroup_kills(scratch_write(&s, "none", 0600, "oom 1\n")), 0);
  assert_int_equal(cgroup_kills(scratch_path(&s, "absent")), 0);
  assert_int_equal(cgroup_kills(""), 0);
  scratch_remove(&s);
}

static void test_cgroup__a_group_is_made_killed_and_removed(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct cgroup c = cgroup_make(s.folder);
  assert_true(c.fd >= 0);
  assert_true(scratch_has(&s, c.name));
  assert_false(cgroup_kill(&c)); /* as on Linux before 5.14 */
  char path[64];
  snprintf(path, sizeof path, "%s/cgroup.kill", c.name);
  scratch_write(&s, path, 0600, "");
  assert_true(cgroup_kill(&c));
  expect_text(&s, path, "1");
  unlink(scratch_path(&s, path)); /* the kernel's files do not hold the folder */
  char name[CGROUP_NAME_BYTES];
  snprintf(name, sizeof name, "%s", c.name);
  cgroup_leave(&c);
  assert_false(scratch_has(&s, name));
  cgroup_leave(&c); /* again is fine */
  scratch_remove(&s);
}

static void test_cgroup__who_stays_goes_back_to_the_parent(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  scratch_write(&s, "cgroup.procs", 0600, "");
  struct cgroup c = cgroup_make(s.folder);
  char path[64];
  snprintf(path, sizeof path, "%s/cgroup.procs", c.name);
  scratch_write(&s, path, 0600, "4711\n");
  cgroup_leave(&c); /* the file holds the folder as a process would */
  expect_text(&s, "cgroup.procs", "4711\n");
  scratch_remove(&s);
}

static void test_cgroup__of_a_killed_keeper_is_ended_by_whoever_survives(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  char name[CGROUP_NAME_BYTES];
  cgroup_name(name, 4711);
  assert_int_equal(mkdir(scratch_path(&s, name), 0755), 0);
  /* The same pid in another PID namespace is another keeper. */
  assert_int_equal(mkdir(scratch_path(&s, "runlet-1-4711"), 0755), 0);
  cgroup_end(s.folder, 4712); /* another's is left alone */
  assert_true(scratch_has(&s, name));
  cgroup_end(s.folder, 4711);
  assert_false(scratch_has(&s, name));
  assert_true(scratch_has(&s, "runlet-1-4711"));
  cgroup_end("", 4711);
  scratch_remove(&s);
}

static void test_cgroup__without_a_folder_nothing_happens(void **state)
{
  (void)state;
  const char *const parents[] = {"", "/no/such/folder", "/dev/null"};
  for (size_t i = 0; i < 3; i++) {
    struct cgroup c = cgroup_make(parents[i]);
    assert_int_equal(c.fd, -1);
    assert_false(cgroup_kill(&c));
    cgroup_leave(&c);
  }
}

static void test_cgroup__what_is_found_is_usable(void **state)
{
  (void)state;
  struct cgroups found;
  cgroups_look_up(&found);
  if (found.folder.len > 0) {
    struct cgroup c = cgroup_make(found.folder.at);
    assert_true(c.fd >= 0);
    assert_true(cgroup_kill(&c)); /* of nobody */
    cgroup_leave(&c);
    assert_int_equal(c.fd, -1);
  }
  if (found.kills.len > 0)
    assert_int_equal(access(found.kills.at, R_OK), 0);
  cgroups_free(&found);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cgroup__reads_the_count_and_0_where_there_is_none),
      cmocka_unit_test(test_cgroup__a_group_is_made_killed_and_removed),
      cmocka_unit_test(test_cgroup__who_stays_goes_back_to_the_parent),
      cmocka_unit_test(test_cgroup__of_a_killed_keeper_is_ended_by_whoever_survives),
      cmocka_unit_test(test_cgroup__without_a_folder_nothing_happens),
      cmocka_unit_test(test_cgroup__what_is_found_is_usable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
