/* SPDX-License-Identifier: MIT */
#include "io/loop.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <setjmp.h>

#include <cmocka.h>

#include <uv.h>

struct bell {
  struct loop_timer *timer;
  unsigned rings, most; /* most: at that many it stops itself (0: never) */
  bool frees;           /* or frees itself */
  unsigned long long last_ms;
};

static void ring(void *who)
{
  struct bell *b = who;
  b->last_ms = clock_ticks_ms();
  if (++b->rings != b->most)
    return;
  if (b->frees)
    loop_timer_free(b->timer);
  else
    loop_timer_stop(b->timer);
}

static struct uv_loop_s *new_loop(void)
{
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  assert_non_null(loop);
  return loop;
}

static void busy_ms(unsigned ms)
{
  struct timespec t = {.tv_nsec = (long)ms * 1000000};
  nanosleep(&t, NULL);
}

static void test_loop__fires_once_not_before_its_time_and_not_from_inside(void **state)
{
  (void)state;
  struct uv_loop_s *loop = new_loop();
  struct bell b = {0};
  b.timer = loop_timer_new(loop, ring, &b);
  unsigned long long begin = clock_ticks_ms();
  loop_timer_start(b.timer, 20);
  assert_true(loop_timer_is_set(b.timer));
  assert_int_equal(b.rings, 0);
  loop_run(loop);
  assert_int_equal(b.rings, 1);
  assert_false(loop_timer_is_set(b.timer));
  assert_in_range(b.last_ms - begin, 19, 2000);
  loop_timer_free(b.timer);
  assert_true(loop_free(loop));
}

static void test_loop__a_deadline_counts_from_the_call_not_from_the_turn(void **state)
{
  (void)state;
  struct uv_loop_s *loop = new_loop();
  struct bell b = {0};
  b.timer = loop_timer_new(loop, ring, &b);
  uv_update_time(loop);
  busy_ms(40); /* the loop's own clock is that old now */
  unsigned long long begin = clock_ticks_ms();
  loop_timer_start(b.timer, 30);
  loop_run(loop);
  assert_in_range(b.last_ms - begin, 29, 2000);
  loop_timer_free(b.timer);
  assert_true(loop_free(loop));
}

static void test_loop__starting_again_moves_the_deadline(void **state)
{
  (void)state;
  struct uv_loop_s *loop = new_loop();
  struct bell b = {0};
  b.timer = loop_timer_new(loop, ring, &b);
  unsigned long long begin = clock_ticks_ms();
  loop_timer_start(b.timer, 1);
  loop_timer_start(b.timer, 40);
  loop_run(loop);
  assert_int_equal(b.rings, 1);
  assert_in_range(b.last_ms - begin, 39, 2000);
  loop_timer_free(b.timer);
  assert_true(loop_free(loop));
}

static void test_loop__repeats_until_stopped(void **state)
{
  (void)state;
  struct uv_loop_s *loop = new_loop();
  struct bell b = {.most = 3};
  b.timer = loop_timer_new(loop, ring, &b);
  loop_timer_repeat(b.timer, 5);
  loop_run(loop);
  assert_int_equal(b.rings, 3);
  assert_false(loop_timer_is_set(b.timer));
  loop_timer_free(b.timer);
  assert_true(loop_free(loop));
}

static void test_loop__a_stopped_timer_never_fires_and_holds_nothing(void **state)
{
  (void)state;
  struct uv_loop_s *loop = new_loop();
  struct bell b = {0};
  b.timer = loop_timer_new(loop, ring, &b);
  loop_timer_start(b.timer, 5);
  loop_timer_stop(b.timer);
  loop_run(loop); /* returns at once: nothing to wait for */
  assert_int_equal(b.rings, 0);
  loop_timer_free(b.timer);
  assert_true(loop_free(loop));
}

static void test_loop__a_freed_timer_never_fires_even_when_it_is_due(void **state)
{
  (void)state;
  struct uv_loop_s *loop = new_loop();
  struct bell b = {0};
  b.timer = loop_timer_new(loop, ring, &b);
  loop_timer_start(b.timer, 0);
  loop_timer_free(b.timer);
  loop_timer_free(NULL);
  loop_run(loop);
  assert_int_equal(b.rings, 0);
  assert_true(loop_free(loop));
}

static void test_loop__a_timer_may_free_itself(void **state)
{
  (void)state;
  struct uv_loop_s *loop = new_loop();
  struct bell b = {.most = 2, .frees = true};
  b.timer = loop_timer_new(loop, ring, &b);
  loop_timer_repeat(b.timer, 1);
  loop_run(loop);
  assert_int_equal(b.rings, 2);
  assert_true(loop_free(loop));
}

static void test_loop__free_says_when_something_was_left_open(void **state)
{
  (void)state;
  struct uv_loop_s *loop = new_loop();
  struct bell b = {0};
  b.timer = loop_timer_new(loop, ring, &b);
  assert_false(loop_free(loop)); /* and the loop is still good */
  loop_timer_free(b.timer);
  assert_true(loop_free(loop));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_loop__fires_once_not_before_its_time_and_not_from_inside),
      cmocka_unit_test(test_loop__a_deadline_counts_from_the_call_not_from_the_turn),
      cmocka_unit_test(test_loop__starting_again_moves_the_deadline),
      cmocka_unit_test(test_loop__repeats_until_stopped),
      cmocka_unit_test(test_loop__a_stopped_timer_never_fires_and_holds_nothing),
      cmocka_unit_test(test_loop__a_freed_timer_never_fires_even_when_it_is_due),
      cmocka_unit_test(test_loop__a_timer_may_free_itself),
      cmocka_unit_test(test_loop__free_says_when_something_was_left_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
