/* SPDX-License-Identifier: MIT */
#include "door/door_signals.h"

#include "io/loop.h"
#include "io/signals.h"

#include <signal.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int heard;
static struct loop_timer *patience; /* signals alone keep no loop running */

static void lose_patience(void *who)
{
  (void)who;
}

static void on_signal(void *who, const struct signal_news *n)
{
  heard = n->number;
  loop_timer_stop(patience);
  door_signals_close(who);
}

static void expect_signal(bool all, int number)
{
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  struct door_signals d;
  heard = 0;
  assert_int_equal(door_signals_open(&d, loop, all, on_signal, &d, &f), 0);
  patience = loop_timer_new(loop, lose_patience, NULL);
  loop_timer_start(patience, 5000);
  kill(getpid(), number);
  loop_run(loop);
  assert_int_equal(heard, number);
  loop_timer_free(patience);
  door_signals_close(&d); /* again is fine */
  assert_true(loop_free(loop));
}

static void test_door_signals__are_heard_until_they_are_closed(void **state)
{
  (void)state;
  expect_signal(false, SIGTERM);
  expect_signal(true, SIGUSR1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_door_signals__are_heard_until_they_are_closed),
  };
  signals_block();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
