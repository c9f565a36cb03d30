/* SPDX-License-Identifier: MIT */
#include "process/pipes.h"

#include "traces.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static void test_pipes__carry_bytes_the_right_way_and_close_on_exec(void **state)
{
  (void)state;
  struct pipes p;
  struct fault f = {0};
  char c = 0;
  unsigned before = traces_descriptors();
  assert_int_equal(pipes_open(&p, &f), 0);
  assert_int_equal(write(p.ours[PIPES_IN], "i", 1), 1);
  assert_int_equal(read(p.theirs[PIPES_IN], &c, 1), 1);
  for (int i = PIPES_OUT; i < PIPES; i++) {
    assert_int_equal(write(p.theirs[i], "o", 1), 1);
    assert_int_equal(read(p.ours[i], &c, 1), 1);
  }
  for (int i = 0; i < PIPES; i++) {
    assert_true(fcntl(p.ours[i], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(p.theirs[i], F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(p.ours[i], F_GETPIPE_SZ) >= 65536);
  }
  pipes_close(p.ours);
  pipes_close(p.theirs);
  pipes_close(p.theirs); /* twice is fine */
  assert_int_equal(p.theirs[PIPES_OUT], -1);
  assert_int_equal(traces_descriptors(), before);
}

static void test_pipes__all_or_none_when_descriptors_run_out(void **state)
{
  (void)state;
  struct pipes p;
  struct fault f = {0};
  struct rlimit was, few;
  unsigned before = traces_descriptors();
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
  int next = open("/dev/null", O_RDONLY | O_CLOEXEC); /* the lowest that is free */
  assert_true(next >= 0);
  close(next);
  for (rlim_t more = 0; more < 6; more++) {
    few = (struct rlimit){(rlim_t)next + more, was.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    int r = pipes_open(&p, &f);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    assert_int_equal(r, -1);
    assert_int_equal(f.kind, FAULT_SYSTEM);
    assert_int_equal(traces_descriptors(), before);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pipes__carry_bytes_the_right_way_and_close_on_exec),
      cmocka_unit_test(test_pipes__all_or_none_when_descriptors_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
