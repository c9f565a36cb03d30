/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "base/mem.h"
#include "event/event_call.h"
#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define META "\"metadata\":{\"tanstack\":{\"model\":\"m\"}}"
#define STARTED                                                                          \
  "{\"type\":\"RUN_STARTED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":7," META "}"

static const struct span none = {0};

/* The ids of the lines of this type, each with a space behind it. */
static void expect_ids(const struct stream *s, const char *type, const char *wanted)
{
  struct buf got = buf_make(64 * KIB);
  char front[64];
  (void)snprintf(front, sizeof front, "{\"type\":\"%s\",\"toolCallId\":\"", type);
  for (size_t i = 0; stream_line(s, i).len > 0; i++) {
    struct span line = stream_line(s, i);
    if (!span_starts(line, front))
      continue;
    line = span_after(line, strlen(front));
    buf_add(&got, (struct span){line.at, strcspn(line.at, "\"")});
    buf_add_char(&got, ' ');
  }
  assert_string_equal(buf_cstring(&got), wanted);
  buf_free(&got);
}

static void call(const struct stream *s, const char *id)
{
  events_tool_call(s->events, TOOL_NATIVE, span_of(id), SPAN_LITERAL("n"), none);
}

static void result(const struct stream *s, const char *id)
{
  events_tool_result(s->events, span_of(id), SPAN_LITERAL("1"), false);
}

static size_t longest_line(const struct stream *s)
{
  size_t longest = 0, count = stream_count(s);
  for (size_t i = 0; i < count; i++)
    if (stream_line(s, i).len > longest)
      longest = stream_line(s, i).len;
  return longest;
}

static void test_event_call__calls_without_result_get_one_in_order(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("n"),
                   SPAN_LITERAL("{\"a\":1.0}"));
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("y"), SPAN_LITERAL("n"), none);
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("z"), SPAN_LITERAL("n"), none);
  events_tool_result(s.events, SPAN_LITERAL("y"), SPAN_LITERAL("ok"), true);
  assert_int_equal(events_tool_calls(s.events), 3);
  events_fail(s.events, SPAN_LITERAL("c"), SPAN_LITERAL("m"));
  stream_expect(&s, 1,
                "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"r-x\",\"toolCallName\":"
                "\"n\",\"timestamp\":7," META ",\"toolName\":\"n\"}");
  stream_expect(&s, 2,
                "{\"type\":\"TOOL_CALL_ARGS\",\"toolCallId\":\"r-x\",\"timestamp\":7,"
                "\"delta\":\"{\\\"a\\\":1.0}\"}");
  stream_expect(&s, 3,
                "{\"type\":\"TOOL_CALL_END\",\"toolCallId\":\"r-x\",\"timestamp\":7,"
                "\"metadata\":{\"tanstack\":{\"model\":\"m\",\"toolCallName\":\"n\","
                "\"toolName\":\"n\",\"input\":{\"a\":1.0}}},\"input\":{\"a\":1.0}}");
  stream_expect(&s, 10,
                "{\"type\":\"TOOL_CALL_RESULT\",\"toolCallId\":\"r-y\",\"messageId\":\"r-"
                "0\",\"timestamp\":7,\"content\":\"ok\",\"metadata\":{\"tanstack\":{"
                "\"model\":\"m\",\"state\":\"output-error\"}}}");
  stream_expect(
      &s, 11,
      "{\"type\":\"TOOL_CALL_RESULT\",\"toolCallId\":\"r-x\",\"messageId\":\"r-1\","
      "\"timestamp\":7,\"content\":\"{\\\"status\\\":\\\"interrupted\\\"}\"," META "}");
  assert_true(span_starts(stream_line(&s, 12),
                          "{\"type\":\"TOOL_CALL_RESULT\",\"toolCallId\":\"r-z\""));
  stream_expect(
      &s, 13,
      "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"code\":\"c\"," META
      "}");
  stream_close(&s);
}

static void
test_event_call__a_call_id_used_again_is_another_call_with_its_own_result(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  call(&s, "x");
  result(&s, "x");
  call(&s, "x");
  result(&s, "x");
  result(&s, "x");
  result(&s, "stray");
  events_finish(s.events, "stop", NULL);
  expect_ids(&s, "TOOL_CALL_START", "r-x r-x-2 ");
  expect_ids(&s, "TOOL_CALL_RESULT", "r-x r-x-2 r-x-2 r-stray ");
  stream_close(&s);
}

static void
test_event_call__results_of_calls_made_together_come_in_their_order(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  call(&s, "x");
  call(&s, "x");
  assert_true(events_awaits_result(s.events, SPAN_LITERAL("x")));
  result(&s, "x");
  result(&s, "x");
  assert_false(events_awaits_result(s.events, SPAN_LITERAL("x")));
  events_finish(s.events, "stop", NULL);
  expect_ids(&s, "TOOL_CALL_RESULT", "r-x r-x-2 ");
  stream_close(&s);
}

static void
test_event_call__a_call_that_an_earlier_step_left_open_takes_no_later_result(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  call(&s, "x");
  call(&s, "y");
  result(&s, "y");
  call(&s, "x");
  result(&s, "x");
  events_finish(s.events, "stop", NULL);
  expect_ids(&s, "TOOL_CALL_RESULT", "r-y r-x-2 r-x ");
  stream_close(&s);
}

static void test_event_call__a_key_tells_open_calls_of_one_id_apart(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  struct span id = SPAN_LITERAL("x"), a = SPAN_LITERAL("a"), b = SPAN_LITERAL("b");
  events_tool_call_of(s.events, TOOL_NATIVE, a, id, SPAN_LITERAL("n"), none);
  events_tool_call_of(s.events, TOOL_NATIVE, b, id, SPAN_LITERAL("n"), none);
  events_tool_result_of(s.events, b, id, SPAN_LITERAL("1"), false);
  events_tool_result_of(s.events, a, id, SPAN_LITERAL("1"), false);
  events_finish(s.events, "stop", NULL);
  expect_ids(&s, "TOOL_CALL_RESULT", "r-x-2 r-x ");
  stream_close(&s);
}

static void test_event_call__an_abandoned_calls_result_is_its_successors(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  call(&s, "x");
  call(&s, "x");
  events_call_abandoned(s.events, SPAN_LITERAL("x")); /* the second one */
  expect_ids(&s, "TOOL_CALL_RESULT", "r-x-2 ");
  assert_non_null(strstr(s.text.at, "interrupted"));
  call(&s, "x");
  result(&s, "x");
  result(&s, "x");
  events_call_abandoned(s.events, SPAN_LITERAL("x")); /* none is open: nothing */
  events_finish(s.events, "stop", NULL);
  expect_ids(&s, "TOOL_CALL_RESULT", "r-x-2 r-x-3 r-x ");
  stream_close(&s);
}

static void test_event_call__a_made_call_id_is_no_agents_id(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  call(&s, "0");
  events_text_open(s.events, SPAN_LITERAL("1"));
  call(&s, "");
  call(&s, "2");
  result(&s, "");
  events_finish(s.events, "stop", NULL);
  expect_ids(&s, "TOOL_CALL_START", "r-0 r-2 r-2-2 ");
  expect_ids(&s, "TOOL_CALL_RESULT", "r-2 r-0 r-2-2 ");
  stream_close(&s);
}

static void test_event_call__the_oldest_of_too_many_open_calls_is_answered(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  for (unsigned i = 0; i < LIMIT_OPEN_CALLS + 3; i++) {
    char id[16];
    int len = snprintf(id, sizeof id, "c%u", i);
    events_tool_call(s.events, TOOL_NATIVE, (struct span){id, (size_t)len},
                     SPAN_LITERAL("n"), none);
  }
  assert_int_equal(stream_count_of(&s, "TOOL_CALL_RESULT"), 3);
  events_finish(s.events, "stop", NULL);
  stream_close(&s);
}

static void
test_event_call__a_call_whose_id_is_too_long_goes_out_under_another(void **state)
{
  struct stream s;
  char *id = mem_new(LIMIT_NAME_BYTES + 1);
  (void)state;
  memset(id, 'i', LIMIT_NAME_BYTES + 1);
  struct span too_long = {id, LIMIT_NAME_BYTES + 1};
  stream_open(&s, &event_format_tanstack, 0);
  events_text_open(s.events, too_long);
  events_tool_call(s.events, TOOL_NATIVE, too_long, SPAN_LITERAL("n"), none);
  events_tool_result(s.events, too_long, SPAN_LITERAL("x"), false);
  events_finish(s.events, "stop", NULL);
  expect_ids(&s, "TOOL_CALL_START", "r-1 ");
  expect_ids(&s, "TOOL_CALL_RESULT", "r-1 ");
  assert_true(longest_line(&s) < 300);
  stream_close(&s);
  free(id);
}

static void begin(const struct stream *s, const char *id)
{
  events_tool_call_begin(s->events, TOOL_NATIVE, span_of(id), span_of(id),
                         SPAN_LITERAL("n"));
}

static void test_event_call__one_that_begins_gets_its_arguments_later(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  begin(&s, "c0");
  begin(&s, "c1");
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("c1"), SPAN_LITERAL("n"),
                   SPAN_LITERAL("[1]"));
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("c0"), SPAN_LITERAL("n"),
                   SPAN_LITERAL("[0]"));
  expect_ids(&s, "TOOL_CALL_START", "r-c0 r-c1 ");
  expect_ids(&s, "TOOL_CALL_END", "r-c1 r-c0 ");
  assert_int_equal(events_tool_calls(s.events), 2);
  begin(&s, "c2");
  result(&s, "c2"); /* before its arguments */
  expect_ids(&s, "TOOL_CALL_END", "r-c1 r-c0 r-c2 ");
  begin(&s, "c3");
  events_text(s.events, SPAN_LITERAL("a message"));
  expect_ids(&s, "TOOL_CALL_END", "r-c1 r-c0 r-c2 r-c3 ");
  begin(&s, "c4"); /* the end of the run */
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_event_call__calls_without_result_get_one_in_order),
      cmocka_unit_test(
          test_event_call__a_call_id_used_again_is_another_call_with_its_own_result),
      cmocka_unit_test(
          test_event_call__results_of_calls_made_together_come_in_their_order),
      cmocka_unit_test(
          test_event_call__a_call_that_an_earlier_step_left_open_takes_no_later_result),
      cmocka_unit_test(test_event_call__a_key_tells_open_calls_of_one_id_apart),
      cmocka_unit_test(test_event_call__an_abandoned_calls_result_is_its_successors),
      cmocka_unit_test(test_event_call__a_made_call_id_is_no_agents_id),
      cmocka_unit_test(test_event_call__the_oldest_of_too_many_open_calls_is_answered),
      cmocka_unit_test(
          test_event_call__a_call_whose_id_is_too_long_goes_out_under_another),
      cmocka_unit_test(test_event_call__one_that_begins_gets_its_arguments_later),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
