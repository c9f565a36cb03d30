/* SPDX-License-Identifier: MIT */
#include "event/event_usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(struct event_usage u, long long input, long long output,
                   long long total)
{
  struct event_tokens whole = event_usage_whole(&u);
  assert_int_equal(whole.input, input);
  assert_int_equal(whole.output, output);
  assert_int_equal(whole.total, total);
}

static void test_event_usage__cache_that_stands_apart_is_a_part_of_the_input(void **state)
{
  struct event_usage claude = event_usage_none();
  (void)state;
  claude.cache_apart = true;
  claude.prompt = 4;
  claude.completion = 50;
  claude.cached = 20000;
  claude.cache_write = 3000;
  expect(claude, 23004, 50, 23054);
}

static void test_event_usage__a_total_shows_what_was_left_out(void **state)
{
  struct event_usage u = event_usage_none();
  (void)state;
  u.prompt = 100;
  u.completion = 25;
  u.cached = 20;
  u.reasoning = 5;
  expect(u, 100, 25, 125);
  u.total = 125; /* wholes */
  expect(u, 100, 25, 125);
  u.total = 145; /* without the cache */
  expect(u, 120, 25, 145);
  u.total = 130; /* without the thoughts */
  expect(u, 100, 30, 130);
  u.total = 150; /* without both */
  expect(u, 120, 30, 150);
  u.total = 7; /* less than its parts */
  expect(u, 100, 25, 125);
  u.total = 999; /* of something unknown */
  expect(u, 100, 25, 999);
}

static void test_event_usage__a_part_is_no_larger_than_its_whole(void **state)
{
  struct event_usage u = event_usage_none();
  (void)state;
  expect(u, 0, 0, 0);
  u.prompt = 4;
  u.cached = 10;
  expect(u, 14, 0, 14);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_event_usage__cache_that_stands_apart_is_a_part_of_the_input),
      cmocka_unit_test(test_event_usage__a_total_shows_what_was_left_out),
      cmocka_unit_test(test_event_usage__a_part_is_no_larger_than_its_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
