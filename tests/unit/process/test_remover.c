/* SPDX-License-Identifier: MIT */
/* The test program is its own remover. */
#include "process/remover.h"

#include "base/clock.h"
#include "base/limits.h"
#include "io/loop.h"
#include "loopback.h"
#include "process/keeper.h"
#include "process/orphans.h"
#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  struct uv_loop_s *loop;
  struct scratch scratch;
  char doomed[512];
  int lock;
  unsigned done;
  struct fault left;
};

static void done(void *who, const struct fault *left)
{
  struct fixture *d = who;
  d->done++;
  if (left)
    d->left = *left;
}

static bool is_done(void *who)
{
  return ((struct fixture *)who)->done > 0;
}

static void open_fixture(struct fixture *d)
{
  struct fault f = {0};
  *d = (struct fixture){.loop = loop_new(&f), .scratch = scratch_make()};
  assert_int_equal(keeper_prepare(&f), 0);
  assert_int_equal(orphans_open(d->loop, &f), 0);
  snprintf(d->doomed, sizeof d->doomed, "%s", scratch_path(&d->scratch, "doomed"));
  assert_int_equal(mkdir(d->doomed, 0700), 0);
  d->lock = open(scratch_write(&d->scratch, "doomed/.lock", 0600, ""), O_RDWR);
  assert_int_equal(flock(d->lock, LOCK_EX | LOCK_NB), 0);
}

static void start(struct fixture *d)
{
  struct fault f = {0};
  assert_int_equal(remover_start(d->loop, d->doomed, d->lock, done, d, &f), 0);
  assert_int_equal(d->done, 0);
}

static void close_fixture(struct fixture *d)
{
  removers_close(d->loop);
  assert_int_equal(d->done, 1);
  orphans_close(d->loop);
  assert_true(loop_free(d->loop));
  scratch_remove(&d->scratch);
}

static void test_remover__removes_and_says_that_nothing_is_left(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  for (int i = 0; i < 2000; i++) {
    char name[64];
    snprintf(name, sizeof name, "doomed/%d", i);
    scratch_write(&d.scratch, name, 0600, "x");
  }
  start(&d);
  loopback_wait(d.loop, is_done, &d);
  assert_int_equal(d.left.kind, FAULT_NONE);
  assert_false(scratch_has(&d.scratch, "doomed"));
  close_fixture(&d);
}

static void test_remover__says_what_is_left(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  snprintf(d.doomed, sizeof d.doomed, "/proc/self/fd");
  start(&d);
  loopback_wait(d.loop, is_done, &d);
  assert_int_equal(d.left.kind, FAULT_SYSTEM);
  assert_non_null(strstr(d.left.text, "cannot remove "));
  close_fixture(&d);
}

/* It goes on by itself. */
static void test_remover__that_is_slow_holds_no_loop_up(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  for (int i = 0; i < 20000; i++) {
    char name[64];
    snprintf(name, sizeof name, "doomed/%d", i);
    scratch_write(&d.scratch, name, 0600, "");
  }
  start(&d);
  unsigned long long begun = clock_ticks_ms();
  loop_run(d.loop);
  assert_true(clock_ticks_ms() - begun < 5 * LIMIT_REMOVER_MS);
  if (!d.done) {
    removers_close(d.loop);
    assert_non_null(strstr(d.left.text, "still removes it"));
  }
  for (int i = 0; i < 500 && scratch_has(&d.scratch, "doomed"); i++)
    usleep(20000);
  assert_false(scratch_has(&d.scratch, "doomed"));
  close_fixture(&d);
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], REMOVER_ARGUMENT))
    return remover_main(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_remover__removes_and_says_that_nothing_is_left),
      cmocka_unit_test(test_remover__says_what_is_left),
      cmocka_unit_test(test_remover__that_is_slow_holds_no_loop_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
