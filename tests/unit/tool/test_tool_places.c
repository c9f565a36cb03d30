/* SPDX-License-Identifier: MIT */
#include "tool/tool_places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct tool_wait waits[64];
static unsigned got[64], got_count;

static void on_place(void *who)
{
  got[got_count++] = (unsigned)((struct tool_wait *)who - waits);
}

static enum tool_place take(unsigned i, struct tool_line *line)
{
  return tool_place_take(&waits[i], line, on_place, &waits[i]);
}

static void give_back(unsigned first, unsigned last)
{
  for (unsigned i = first; i <= last; i++)
    tool_place_give_back(&waits[i]);
}

static void test_tool_places__are_so_many_for_a_run_then_a_queue_then_none(void **state)
{
  (void)state;
  struct tool_line run = {.run_most = 2, .process_most = 10, .waiting_most = 1};
  got_count = 0;
  assert_int_equal(take(0, &run), TOOL_PLACE_TAKEN);
  assert_int_equal(take(1, &run), TOOL_PLACE_TAKEN);
  assert_int_equal(take(2, &run), TOOL_PLACE_WAITING);
  assert_int_equal(take(3, &run), TOOL_PLACE_NONE);
  give_back(3, 3);
  assert_int_equal(got_count, 0);
  give_back(0, 0);
  assert_int_equal(got_count, 1);
  assert_int_equal(got[0], 2);
  assert_int_equal(run.in_flight, 2);
  give_back(0, 2);
  assert_int_equal(run.in_flight, 0);
  assert_int_equal(got_count, 1);
}

static void test_tool_places__of_the_process_go_to_the_runs_in_turn(void **state)
{
  (void)state;
  struct tool_line a = {.run_most = 4, .process_most = 4, .waiting_most = 100};
  struct tool_line b = a;
  got_count = 0;
  for (unsigned i = 0; i < 10; i++)
    take(i, &a);
  for (unsigned i = 10; i < 14; i++)
    assert_int_equal(take(i, &b), TOOL_PLACE_WAITING);
  give_back(0, 3);
  assert_int_equal(got_count, 4);
  const unsigned expected[] = {4, 10, 5, 11};
  for (unsigned i = 0; i < 4; i++)
    assert_int_equal(got[i], expected[i]);
  give_back(4, 13);
  assert_int_equal(a.in_flight + b.in_flight + a.waiting + b.waiting, 0);
}

/* What waits may be cancelled, in the middle, first and last. */
static void test_tool_places__can_be_given_up_while_waiting(void **state)
{
  (void)state;
  struct tool_line run = {.run_most = 1, .waiting_most = 100};
  got_count = 0;
  for (unsigned i = 0; i < 5; i++)
    take(i, &run);
  give_back(2, 2);
  give_back(1, 1);
  give_back(4, 4);
  assert_int_equal(run.waiting, 1);
  assert_int_equal(take(5, &run), TOOL_PLACE_WAITING);
  give_back(0, 0);
  give_back(3, 3);
  assert_int_equal(got_count, 2);
  assert_int_equal(got[0], 3);
  assert_int_equal(got[1], 5);
  give_back(5, 5);
  assert_int_equal(run.in_flight, 0);
}

/* A run that is full itself does not stand in the way of another. */
static void test_tool_places__of_a_full_run_are_passed_over(void **state)
{
  (void)state;
  struct tool_line full = {.run_most = 1, .process_most = 2, .waiting_most = 9};
  struct tool_line other = {.run_most = 9, .process_most = 2, .waiting_most = 9};
  got_count = 0;
  take(0, &full);
  take(1, &full); /* waits for its own run */
  take(2, &other);
  take(3, &other); /* waits for the process */
  give_back(2, 2);
  assert_int_equal(got_count, 1);
  assert_int_equal(got[0], 3);
  give_back(0, 3);
  assert_int_equal(got[1], 1);
  give_back(1, 1);
  assert_int_equal(full.in_flight + other.in_flight, 0);
}

static void test_tool_places__are_without_end_where_there_is_no_line(void **state)
{
  (void)state;
  assert_int_equal(take(0, NULL), TOOL_PLACE_TAKEN);
  give_back(0, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tool_places__are_so_many_for_a_run_then_a_queue_then_none),
      cmocka_unit_test(test_tool_places__of_the_process_go_to_the_runs_in_turn),
      cmocka_unit_test(test_tool_places__can_be_given_up_while_waiting),
      cmocka_unit_test(test_tool_places__of_a_full_run_are_passed_over),
      cmocka_unit_test(test_tool_places__are_without_end_where_there_is_no_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
