/* SPDX-License-Identifier: MIT */
/* Beside the golden transcripts of `command`: what each bad line is called, and
 * bounds. */
#include "agent/command/command_events.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct told {
  struct stream stream;
  struct command_events events;
};

static void told_open(struct told *t)
{
  memset(&t->events, 0, sizeof t->events);
  stream_open(&t->stream, &event_format_tanstack, 0);
}

static void told_close(struct told *t)
{
  command_events_flush(&t->events, t->stream.events);
  events_fail(t->stream.events, SPAN_LITERAL("x"), SPAN_LITERAL("x"));
  command_events_free(&t->events);
  stream_close(&t->stream);
}

static int tell(struct told *t, const char *line, struct fault *f)
{
  *f = (struct fault){0};
  return command_events_read(&t->events, span_of(line), t->stream.events, f);
}

static void test_program_events__a_line_that_is_no_event_says_why(void **state)
{
  static const struct {
    const char *line, *why;
  } rows[] = {
      {"{", "at byte"},
      {"7", "no event"},
      {"{\"type\":\"STEP_STARTED\"}", "no event"},
      {"{\"type\":\"CUSTOM\",\"name\":\"runlet.warning\",\"value\":1}", "runlet's own"},
      {"{\"type\":\"CUSTOM\",\"name\":\"a\\u0000b\"}", "no name"},
      {"{\"type\":\"TOOL_CALL_START\"}", "no toolCallId"},
      {"{\"type\":\"TOOL_CALL_ARGS\",\"toolCallId\":\"c\"}", "not open"},
      {"{\"type\":\"TOOL_CALL_RESULT\"}", "no toolCallId"},
  };
  struct told t;
  struct fault f;
  (void)state;
  told_open(&t);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(tell(&t, rows[i].line, &f), -1);
    if (strstr(f.text, rows[i].why) == NULL)
      fail_msg("%s: %s", rows[i].line, f.text);
  }
  assert_int_equal(stream_count(&t.stream), 0);
  told_close(&t);
}

static void test_program_events__arguments_that_are_no_json_become_none(void **state)
{
  struct told t;
  struct fault f;
  (void)state;
  told_open(&t);
  tell(&t, "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"c\",\"toolCallName\":\"x\"}",
       &f);
  tell(&t, "{\"type\":\"TOOL_CALL_ARGS\",\"toolCallId\":\"c\",\"delta\":\"{\\\"a\\\"\"}",
       &f);
  assert_int_equal(tell(&t, "{\"type\":\"TOOL_CALL_END\",\"toolCallId\":\"c\"}", &f), -1);
  assert_int_equal(f.kind, FAULT_AGENT);
  assert_non_null(strstr(t.stream.text.at, "\"delta\":\"{}\""));
  told_close(&t);
}

static void test_program_events__of_too_many_open_calls_the_oldest_is_told(void **state)
{
  struct told t;
  struct fault f;
  char line[120];
  (void)state;
  told_open(&t);
  for (unsigned i = 0; i < COMMAND_CALLS + 2; i++) {
    (void)snprintf(
        line, sizeof line,
        "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"c%u\",\"toolCallName\":"
        "\"x\"}",
        i);
    assert_int_equal(tell(&t, line, &f), 0);
  }
  assert_int_equal(t.events.call_count, COMMAND_CALLS);
  assert_int_equal(stream_count_of(&t.stream, "TOOL_CALL_START"), 2);
  assert_non_null(strstr(t.stream.text.at, "\"r-c1\""));
  assert_null(strstr(t.stream.text.at, "\"r-c2\""));
  told_close(&t);
}

static void test_program_events__what_is_left_is_freed(void **state)
{
  struct told t;
  struct fault f;
  (void)state;
  told_open(&t);
  tell(&t, "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"c\",\"toolCallName\":\"x\"}",
       &f);
  command_events_free(&t.events);
  assert_int_equal(t.events.call_count, 0);
  assert_int_equal(stream_count(&t.stream), 0);
  told_close(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_program_events__a_line_that_is_no_event_says_why),
      cmocka_unit_test(test_program_events__arguments_that_are_no_json_become_none),
      cmocka_unit_test(test_program_events__of_too_many_open_calls_the_oldest_is_told),
      cmocka_unit_test(test_program_events__what_is_left_is_freed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
