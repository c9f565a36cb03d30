/* SPDX-License-Identifier: MIT */
#include "agent/hearing.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define INIT                                                                             \
  "{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\",\"tools\":[]}"
#define GOOD "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}"

struct desk {
  struct stream stream;
  struct hearing hearing;
};

static void desk_open(struct desk *d)
{
  stream_open(&d->stream, EVENTS_TANSTACK, 0);
  d->hearing = hearing_open(harness_find(SPAN_LITERAL("claude-code")));
  d->hearing.events = d->stream.events;
}

static void desk_close(struct desk *d, int status)
{
  struct process_end end = {.status = status};
  hearing_leave(&d->hearing, &end);
  assert_true(events_are_over(d->hearing.events));
  hearing_close(&d->hearing);
  hearing_close(&d->hearing); /* twice is fine */
}

static bool says(const struct desk *d, const char *text)
{
  return d->stream.text.len > 0 && strstr(d->stream.text.at, text) != NULL;
}

static void test_hearing__warns_of_the_first_bad_line_and_counts_the_rest(void **state)
{
  (void)state;
  struct desk d;
  desk_open(&d);
  hearing_line(&d.hearing, SPAN_LITERAL("not json"));
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 1);
  hearing_line(&d.hearing, SPAN_LITERAL("{\"cut"));
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 1);
  hearing_line(&d.hearing, SPAN_LITERAL("[1]")); /* another kind */
  hearing_line(&d.hearing, SPAN_LITERAL("[2]"));
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 2);
  hearing_too_long(&d.hearing, 4096);
  hearing_too_long(&d.hearing, 4096);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 3);
  hearing_sum_up(&d.hearing, 3);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 6);
  assert_true(says(&d, "4 lines could not be understood."));
  assert_true(says(&d, "longer than 4096 bytes"));
  assert_true(says(&d, "2 lines were too long."));
  assert_true(says(&d, "3 invalid UTF-8 sequences"));
  desk_close(&d, 1);
  stream_close(&d.stream);
}

static void test_hearing__passes_over_blank_lines_and_sums_up_nothing(void **state)
{
  (void)state;
  struct desk d;
  desk_open(&d);
  hearing_line(&d.hearing, SPAN_LITERAL(""));
  hearing_line(&d.hearing, SPAN_LITERAL(" \t "));
  hearing_sum_up(&d.hearing, 0);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 0);
  desk_close(&d, 1);
  stream_close(&d.stream);
}

static void test_hearing__knows_a_success_and_that_the_turn_is_over(void **state)
{
  (void)state;
  struct desk d;
  desk_open(&d);
  hearing_line(&d.hearing, SPAN_LITERAL(INIT));
  assert_false(hearing_succeeded(&d.hearing));
  assert_false(d.hearing.outbox.hang_up);
  hearing_line(&d.hearing, SPAN_LITERAL(GOOD));
  assert_true(hearing_succeeded(&d.hearing));
  assert_true(d.hearing.outbox.hang_up);
  desk_close(&d, 0);
  assert_int_equal(stream_count_of(&d.stream, "RUN_FINISHED"), 1);
  stream_close(&d.stream);
}

static void test_hearing__closes_what_was_never_opened(void **state)
{
  (void)state;
  struct hearing nothing = {0};
  hearing_close(&nothing);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hearing__warns_of_the_first_bad_line_and_counts_the_rest),
      cmocka_unit_test(test_hearing__passes_over_blank_lines_and_sums_up_nothing),
      cmocka_unit_test(test_hearing__knows_a_success_and_that_the_turn_is_over),
      cmocka_unit_test(test_hearing__closes_what_was_never_opened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
