/* SPDX-License-Identifier: MIT */
#include "agent/agent_session.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
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
  assert_false(hearing_line(&d.hearing, SPAN_LITERAL("not json")));
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 1);
  assert_false(hearing_line(&d.hearing, SPAN_LITERAL("{\"cut")));
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
  assert_false(hearing_line(&d.hearing, SPAN_LITERAL("")));
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
  assert_true(hearing_line(&d.hearing, SPAN_LITERAL(INIT)));
  assert_false(hearing_succeeded(&d.hearing));
  assert_false(d.hearing.outbox.hang_up);
  hearing_line(&d.hearing, SPAN_LITERAL(GOOD));
  assert_true(hearing_succeeded(&d.hearing));
  assert_true(d.hearing.outbox.hang_up);
  desk_close(&d, 0);
  assert_int_equal(stream_count_of(&d.stream, "RUN_FINISHED"), 1);
  stream_close(&d.stream);
}

static struct heard last; /* what the harness below was told */
static char last_text[100];

static int keep_it(void *state, const struct heard *h, struct ear *ear, struct fault *f)
{
  (void)state, (void)f;
  last = *h;
  snprintf(last_text, sizeof last_text, "%.*s", (int)h->text.len,
           h->text.len > 0 ? h->text.at : "");
  ear_heartbeat(ear);
  return 0;
}

static void expect_recorded(const char *line, enum heard_kind kind, int tag, int status,
                            const char *text)
{
  static const struct harness listener = {.id = "listener", .hear = keep_it};
  struct hearing h = hearing_open(&listener);
  last = (struct heard){0};
  hearing_recorded(&h, span_of(line));
  assert_int_equal(last.kind, kind);
  assert_int_equal(last.tag, tag);
  assert_int_equal(last.status, status);
  assert_string_equal(last_text, text);
  assert_true(h.outbox.heartbeat);
  hearing_close(&h);
}

static void test_hearing__reads_what_a_transcript_says_came_by_http(void **state)
{
  (void)state;
  expect_recorded("{\"heard\":\"answer\",\"tag\":2,\"status\":404,\"text\":\"a\\nb\"}",
                  HEARD_ANSWER, 2, 404, "a\nb");
  expect_recorded("{\"heard\":\"stream\",\"tag\":1,\"status\":200,\"text\":{\"a\": 1.0}}",
                  HEARD_STREAM, 1, 200, "{\"a\": 1.0}");
  expect_recorded("{\"heard\":\"stream\",\"tag\":1,\"status\":0}", HEARD_STREAM, 1, 0,
                  "");
  expect_recorded("{\"heard\":\"line\"}", HEARD_LINE, 0, 0, "{\"heard\":\"line\"}");
  expect_recorded("{\"heard\":\"answer\",\"tag\":-1}", HEARD_LINE, 0, 0,
                  "{\"heard\":\"answer\",\"tag\":-1}");
  expect_recorded("plain", HEARD_LINE, 0, 0, "plain");
}

static void test_hearing__tells_blank_lines_to_those_that_want_them(void **state)
{
  static const struct harness listener = {
      .id = "listener", .hear = keep_it, .blank_lines = true};
  struct hearing h = hearing_open(&listener);
  (void)state;
  last = (struct heard){0};
  (void)hearing_line(&h, SPAN_LITERAL("  "));
  assert_string_equal(last_text, "  ");
  (void)hearing_line(&h, SPAN_LITERAL(""));
  assert_string_equal(last_text, "");
  hearing_close(&h);
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
      cmocka_unit_test(test_hearing__reads_what_a_transcript_says_came_by_http),
      cmocka_unit_test(test_hearing__tells_blank_lines_to_those_that_want_them),
      cmocka_unit_test(test_hearing__closes_what_was_never_opened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
