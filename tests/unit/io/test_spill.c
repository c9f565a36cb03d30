/* SPDX-License-Identifier: MIT */
#include "io/spill.h"

#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct spill *open_in(struct scratch *s, unsigned long long most)
{
  struct fault f = {0};
  struct spill *spill = spill_open(s->folder, most, &f);
  if (!spill)
    fail_msg("%s", f.text);
  return spill;
}

static void test_spill__gives_back_what_was_added_also_round_its_end(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct spill *spill = open_in(&s, 1000);
  char bytes[300], got[300];
  unsigned long long place[20];
  struct fault f = {0};
  for (int i = 0; i < 20; i++) {
    memset(bytes, 'a' + i, sizeof bytes);
    assert_int_equal(spill_lost_by(spill, 300), i < 3 ? 0 : 300 * i + 300 - 1000);
    assert_int_equal(spill_add(spill, (struct span){bytes, 300}, &place[i], &f), 0);
    for (int j = i < 3 ? 0 : i - 2; j <= i; j++) {
      memset(bytes, 'a' + j, sizeof bytes);
      assert_int_equal(spill_read(spill, place[j], 300, got, &f), 0);
      assert_memory_equal(bytes, got, 300);
    }
  }
  assert_int_equal(spill_size(spill), 1000);
  assert_int_equal(spill_add(spill, (struct span){bytes, 1001}, &place[0], &f), -1);
  assert_int_equal(f.kind, FAULT_TOO_BIG);
  spill_close(spill);
  assert_int_equal(scratch_count(&s, "."), 0);
  scratch_remove(&s);
}

static void test_spill__has_no_name_and_is_closed_to_children(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct spill *spill = open_in(&s, 1000);
  assert_int_equal(scratch_count(&s, "."), 0);
  bool found = false;
  for (int fd = 3; fd < 64; fd++) {
    char link[64], to[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, to, sizeof to - 1);
    if (n < 0 || !memmem(to, (size_t)n, "/events-", 8))
      continue;
    struct stat st;
    found = true;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  }
  assert_true(found);
  spill_close(spill);
  scratch_remove(&s);
}

static void test_spill__says_why_when_the_disk_takes_no_more(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  assert_null(spill_open("/nowhere/at/all", 1000, &f));
  assert_int_equal(f.kind, FAULT_SYSTEM);
  struct spill *spill = open_in(&s, 1 << 20);
  struct rlimit before, small;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 100;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  char bytes[200] = {0}, got[200];
  unsigned long long place;
  int added = spill_add(spill, (struct span){bytes, sizeof bytes}, &place, &f);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(added, -1);
  assert_non_null(strstr(f.text, "cannot write"));
  /* Its place is used by what comes next. */
  assert_int_equal(spill_add(spill, SPAN_LITERAL("later"), &place, &f), 0);
  assert_int_equal(spill_read(spill, place, 5, got, &f), 0);
  assert_memory_equal(got, "later", 5);
  assert_int_equal(spill_read(spill, place + 100, 200, got, &f), -1);
  spill_close(spill);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_spill__gives_back_what_was_added_also_round_its_end),
      cmocka_unit_test(test_spill__has_no_name_and_is_closed_to_children),
      cmocka_unit_test(test_spill__says_why_when_the_disk_takes_no_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
