/* SPDX-License-Identifier: MIT */
#include "event/event_hold.h"

#include "base/limits.h"
#include "event/event_call.h"
#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct span none = {0};

static struct {
  struct buf text, next;
  struct collector first, second;
  struct events *events;
} s;

static int open_all(void **state)
{
  (void)state;
  memset(&s, 0, sizeof s);
  s.text = buf_make(MIB);
  s.next = buf_make(MIB);
  s.first = collector_make(&s.text);
  s.second = collector_make(&s.next);
  const struct events_setup setup = {.run_id = SPAN_LITERAL("r"),
                                     .thread_id = SPAN_LITERAL("t"),
                                     .model = SPAN_LITERAL("m"),
                                     .format = &event_format_agui,
                                     .sink = &s.first.sink};
  s.events = events_new(&setup);
  return 0;
}

static int close_all(void **state)
{
  (void)state;
  events_free(s.events);
  buf_free(&s.text);
  buf_free(&s.next);
  return 0;
}

static bool has(struct buf *text, const char *part)
{
  return strstr(buf_cstring(text), part) != NULL;
}

static void call(const char *id, const char *name, const char *args)
{
  events_tool_call(s.events, TOOL_HOST, span_of(id), span_of(name), span_of(args));
}

static void test_event_hold__each_stream_has_a_beginning_and_an_end(void **state)
{
  (void)state;
  assert_false(events_are_held(s.events));
  events_text(s.events, SPAN_LITERAL("before"));
  events_hold(s.events, SPAN_LITERAL("{\"type\":\"success\"}"));
  assert_true(events_are_held(s.events));
  assert_true(s.first.ended);
  assert_true(has(&s.text, "TEXT_MESSAGE_END"));
  assert_true(
      has(&s.text, "\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\""));
  assert_true(has(&s.text, "\"outcome\":{\"type\":\"success\"}}\n"));
  size_t len = s.text.len;
  events_text(s.events, SPAN_LITERAL("meanwhile"));
  events_hold(s.events, SPAN_LITERAL("{\"type\":\"cancelled\"}")); /* it is held */
  assert_int_equal(s.text.len, len);
  assert_true(events_backlog(s.events) > 0);
  events_go_on(s.events, SPAN_LITERAL("r2"), &s.second.sink);
  assert_false(events_are_held(s.events));
  events_text(s.events, SPAN_LITERAL(" and after"));
  events_finish(s.events, "stop", NULL);
  assert_int_equal(s.text.len, len);
  assert_true(s.second.ended);
  static const char begin[] = "{\"type\":\"RUN_STARTED\",\"runId\":\"r2\"";
  assert_int_equal(strncmp(buf_cstring(&s.next), begin, sizeof begin - 1), 0);
  assert_true(has(&s.next, "meanwhile") && has(&s.next, " and after"));
  assert_true(has(&s.next, "\"type\":\"RUN_FINISHED\",\"runId\":\"r2\""));
}

static void test_event_hold__a_claimed_call_gets_no_result_here(void **state)
{
  struct span id;
  (void)state;
  events_keep_arguments(s.events);
  call("toolu_00000000000aaaa", "n", "{\"a\":1}");
  call("toolu_00000000000bbbb", "n", "{\"a\": 2}");
  call("toolu_00000000000cccc", "other", "{}");
  assert_false(events_claim_call(s.events, SPAN_LITERAL("x"), none, &id));
  assert_true(
      events_claim_call(s.events, SPAN_LITERAL("n"), SPAN_LITERAL("{ \"a\":2}"), &id));
  assert_true(span_is(id, "\"toolu_00000000000bbbb\""));
  assert_true(
      events_claim_call(s.events, SPAN_LITERAL("n"), SPAN_LITERAL("{\"a\":9}"), &id));
  assert_true(span_is(id, "\"toolu_00000000000aaaa\""));
  assert_false(events_claim_call(s.events, SPAN_LITERAL("n"), none, &id));
  events_hold(s.events, SPAN_LITERAL("{}"));
  events_go_on(s.events, SPAN_LITERAL("r2"), &s.second.sink);
  events_tool_result(s.events, SPAN_LITERAL("toolu_00000000000aaaa"), SPAN_LITERAL("A"),
                     false);
  events_tool_result(s.events, SPAN_LITERAL("toolu_00000000000cccc"), SPAN_LITERAL("C"),
                     false);
  events_finish(s.events, "stop", NULL);
  assert_false(has(&s.next, "aaaa") || has(&s.next, "bbbb"));
  assert_true(has(&s.next, "\"toolCallId\":\"toolu_00000000000cccc\""));
}

static void test_event_hold__ids_follow_the_run_s(void **state)
{
  (void)state;
  events_text_open(s.events, SPAN_LITERAL("item_1"));
  events_text(s.events, SPAN_LITERAL("a"));
  events_hold(s.events, SPAN_LITERAL("{}"));
  events_go_on(s.events, SPAN_LITERAL("r2"), &s.second.sink);
  events_text_open(s.events, SPAN_LITERAL("item_1"));
  events_text(s.events, SPAN_LITERAL("b"));
  events_finish(s.events, "stop", NULL);
  assert_true(has(&s.text, "\"r-item_1\""));
  assert_true(has(&s.next, "\"r2-item_1\""));
  assert_false(has(&s.next, "\"r-item_1"));
}

static void test_event_hold__a_run_that_ends_while_it_is_held_tells_nobody(void **state)
{
  (void)state;
  events_hold(s.events, SPAN_LITERAL("{}"));
  size_t len = s.text.len;
  events_fail(s.events, SPAN_LITERAL("cancelled"), none);
  assert_int_equal(s.text.len, len);
  assert_string_equal(events_error_code(s.events), "cancelled");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
  const struct CMUnitTest tests[] = {
      T(test_event_hold__each_stream_has_a_beginning_and_an_end),
      T(test_event_hold__a_claimed_call_gets_no_result_here),
      T(test_event_hold__ids_follow_the_run_s),
      T(test_event_hold__a_run_that_ends_while_it_is_held_tells_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
