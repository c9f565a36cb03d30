/* SPDX-License-Identifier: MIT */
#include "process/cgroup_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const char *cgroup, const char *mountinfo, const char *unified,
                   const char *memory)
{
  struct cgroup_paths p = cgroup_parse_paths(span_of(cgroup), span_of(mountinfo));
  assert_string_equal(buf_cstring(&p.unified), unified);
  assert_string_equal(buf_cstring(&p.memory), memory);
  cgroup_paths_free(&p);
}

static void test_cgroup_parse__v2_alone(void **state)
{
  (void)state;
  expect(
      "0::/user.slice/session-1.scope\n",
      "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
      "/sys/fs/cgroup/user.slice/session-1.scope", "");
}

static void test_cgroup_parse__in_a_container_with_a_namespace_of_its_own(void **state)
{
  (void)state;
  expect("0::/\n", "30 22 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
         "/sys/fs/cgroup", "");
}

static void test_cgroup_parse__in_a_container_that_sees_its_own_folder(void **state)
{
  (void)state;
  expect("9:memory:/docker/abc\n1:name=systemd:/docker/abc\n0::/docker/abc\n",
         "30 22 0:26 /docker/abc /sys/fs/cgroup/unified ro - cgroup2 cgroup rw\n"
         "31 22 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
         "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory");
}

static void test_cgroup_parse__v1_and_v2_side_by_side(void **state)
{
  (void)state;
  expect("4:cpu,memory:/a/b\n0::/c\n",
         "30 22 0:26 / /cg/unified rw shared:9 master:1 - cgroup2 cgroup2 rw\n"
         "31 22 0:27 / /cg/cpu\\040and\\040memory rw - cgroup cgroup rw,cpu,memory\n",
         "/cg/unified/c", "/cg/cpu and memory/a/b");
}

static void test_cgroup_parse__what_is_not_mounted_here_is_not_there(void **state)
{
  (void)state;
  expect("0::/a\n", "30 22 0:26 /b /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "", "");
  expect("0::/ab\n", "30 22 0:26 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "", "");
  expect("0::/a\n", "30 22 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n", "", "");
  expect("3:cpu:/a\n", "30 22 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu,memory\n",
         "", "");
  expect("", "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "", "");
  expect("0::/a\n", "", "", "");
  expect("0::a\n0:\n::::\n", "- - - -\n30\n\n \n", "", "");
}

static void test_cgroup_parse__the_second_mount_may_be_the_right_one(void **state)
{
  (void)state;
  expect("0::/a/b\n",
         "30 22 0:26 /other /x rw - cgroup2 cgroup2 rw\n"
         "31 22 0:26 /a /y rw - cgroup2 cgroup2 rw\n",
         "/y/b", "");
}

static void test_cgroup_parse__counts_kills_for_memory(void **state)
{
  (void)state;
  unsigned long long n = 0;
  assert_true(cgroup_parse_kills(
      SPAN_LITERAL("low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\noom_group_kill 1\n"), &n));
  assert_int_equal(n, 3);
  assert_true(cgroup_parse_kills(
      SPAN_LITERAL("oom_kill_disable 1\nunder_oom 0\noom_kill 12"), &n));
  assert_int_equal(n, 12);
  assert_false(cgroup_parse_kills(SPAN_LITERAL("oom_kill_disable 0\nunder_oom 0\n"), &n));
  assert_false(cgroup_parse_kills(SPAN_LITERAL("oom_kill x\noom_kill 1\n"), &n));
  assert_false(cgroup_parse_kills(SPAN_LITERAL(""), &n));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cgroup_parse__v2_alone),
      cmocka_unit_test(test_cgroup_parse__in_a_container_with_a_namespace_of_its_own),
      cmocka_unit_test(test_cgroup_parse__in_a_container_that_sees_its_own_folder),
      cmocka_unit_test(test_cgroup_parse__v1_and_v2_side_by_side),
      cmocka_unit_test(test_cgroup_parse__what_is_not_mounted_here_is_not_there),
      cmocka_unit_test(test_cgroup_parse__the_second_mount_may_be_the_right_one),
      cmocka_unit_test(test_cgroup_parse__counts_kills_for_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
