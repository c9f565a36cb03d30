/* SPDX-License-Identifier: MIT */
#include "agent/agent_retries.h"

#include "base/limits.h"
#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct stream stream;
  struct agent_retries retries;
};

static void fixture_open(struct fixture *d, unsigned most)
{
  stream_open(&d->stream, &event_format_tanstack, 0);
  d->retries = (struct agent_retries){.most = most};
}

static void fixture_close(struct fixture *d)
{
  events_finish(d->stream.events, "stop", NULL);
  agent_retries_free(&d->retries);
  stream_close(&d->stream);
}

static void add(struct fixture *d, const char *words, unsigned long long own_most)
{
  agent_retries_add(&d->retries, d->stream.events, span_of(words), own_most);
}

static void test_retries__are_told_once_for_each_reason(void **state)
{
  struct fixture d;
  (void)state;
  fixture_open(&d, 9);
  for (int i = 0; i < 3; i++)
    add(&d, "busy", 0);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 1);
  add(&d, "no network", 0);
  add(&d, "no network, try 1", 0);
  add(&d, "no network, try 2", 0);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 4);
  add(&d, " \n", 0);
  assert_non_null(strstr(d.stream.text.at, "\"no reason was given\""));
  assert_false(d.retries.given_up);
  fixture_close(&d);
}

static void test_retries__in_a_row_for_one_reason_are_given_up(void **state)
{
  struct fixture d;
  struct buf end = buf_make(1000);
  (void)state;
  fixture_open(&d, 3);
  for (int i = 1; i <= 3; i++) {
    char words[40];
    (void)snprintf(words, sizeof words, "status %d, wait %d ms", 503, 7 << 3 * i);
    add(&d, words, 0);
    assert_false(d.retries.given_up);
  }
  add(&d, "status 429, wait 1 ms", 0); /* its numbers are no other reason */
  assert_true(d.retries.given_up);
  agent_retries_put_end(&d.retries, &end);
  assert_string_equal(buf_cstring(&end),
                      "given up after 3 retries: status 429, wait 1 ms");
  buf_free(&end);
  fixture_close(&d);
}

static void test_retries__another_reason_or_a_tool_call_begins_a_new_row(void **state)
{
  struct fixture d;
  (void)state;
  fixture_open(&d, 1);
  add(&d, "a", 0);
  add(&d, "b", 0);
  add(&d, "a", 0);
  assert_false(d.retries.given_up);
  events_tool_call(d.stream.events, TOOL_NATIVE, SPAN_LITERAL("c1"), SPAN_LITERAL("sh"),
                   SPAN_LITERAL("{}"));
  add(&d, "a", 0);
  assert_false(d.retries.given_up);
  events_text(d.stream.events, SPAN_LITERAL("half an answer")); /* is no progress */
  add(&d, "a", 0);
  assert_true(d.retries.given_up);
  fixture_close(&d);
}

static void test_retries__zero_is_any_number_and_an_end_of_its_own_counts(void **state)
{
  struct fixture d;
  (void)state;
  fixture_open(&d, 0);
  for (int i = 0; i < 1000; i++)
    add(&d, "busy", 0);
  assert_false(d.retries.given_up);
  fixture_close(&d);
  fixture_open(&d, 2);
  for (int i = 0; i < 15; i++)
    add(&d, "busy", 15);
  assert_false(d.retries.given_up);
  add(&d, "busy", LIMIT_OWN_RETRIES + 1); /* that is no end */
  assert_true(d.retries.given_up);
  fixture_close(&d);
}

static void test_retries__the_last_reason_holds_until_something_is_done(void **state)
{
  struct fixture d;
  (void)state;
  fixture_open(&d, 0);
  assert_int_equal(agent_retries_reason(&d.retries, d.stream.events).len, 0);
  add(&d, "busy", 0);
  add(&d, "no network", 0);
  assert_true(span_is(agent_retries_reason(&d.retries, d.stream.events), "no network"));
  events_tool_call(d.stream.events, TOOL_NATIVE, SPAN_LITERAL("c1"), SPAN_LITERAL("sh"),
                   SPAN_LITERAL("{}"));
  assert_int_equal(agent_retries_reason(&d.retries, d.stream.events).len, 0);
  fixture_close(&d);
}

static void test_retries__a_reason_without_end_is_cut_on_a_character(void **state)
{
  struct fixture d;
  struct buf words = buf_make(MIB), end = buf_make(MIB);
  (void)state;
  fixture_open(&d, 0);
  while (words.len < 100000)
    buf_add_text(&words, "é");
  add(&d, buf_cstring(&words), 0);
  agent_retries_put_end(&d.retries, &end);
  assert_int_equal(end.len, strlen("given up after 0 retries: ") + 2048);
  buf_free(&words);
  buf_free(&end);
  fixture_close(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_retries__are_told_once_for_each_reason),
      cmocka_unit_test(test_retries__in_a_row_for_one_reason_are_given_up),
      cmocka_unit_test(test_retries__another_reason_or_a_tool_call_begins_a_new_row),
      cmocka_unit_test(test_retries__zero_is_any_number_and_an_end_of_its_own_counts),
      cmocka_unit_test(test_retries__the_last_reason_holds_until_something_is_done),
      cmocka_unit_test(test_retries__a_reason_without_end_is_cut_on_a_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
