/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "event/event.h"
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

static void test_events__starts_by_itself_and_once(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_text(s.events, SPAN_LITERAL("a"));
  events_start(s.events);
  events_finish(s.events, "stop", NULL);
  stream_expect(&s, 0, STARTED);
  assert_int_equal(stream_count_of(&s, "RUN_STARTED"), 1);
  stream_close(&s);
}

static void test_events__a_clock_that_is_set_back_sets_no_event_back(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_start(s.events);
  clock_freeze(3);
  events_text(s.events, SPAN_LITERAL("a"));
  clock_freeze(8);
  events_finish(s.events, "stop", NULL);
  assert_non_null(strstr(stream_line(&s, 1).at, "\"timestamp\":7"));
  assert_non_null(strstr(stream_line(&s, 3).at, "\"timestamp\":8"));
  stream_close(&s);
}

static void hear(void *who, const struct event *event)
{
  buf_addf(who, "%d@%lld ", (int)event->kind, event->at_ms);
}

static void test_events__a_listener_hears_also_what_the_format_leaves_out(void **state)
{
  (void)state;
  struct collector sink;
  struct buf text = buf_make(MIB), heard = buf_make(MIB), expected = buf_make(MIB);
  sink = collector_make(&text);
  struct events_setup setup = {.run_id = SPAN_LITERAL("r"),
                               .thread_id = SPAN_LITERAL("t"),
                               .model = SPAN_LITERAL("m"),
                               .sink = &sink.sink,
                               .on_event = hear,
                               .who = &heard};
  clock_freeze(7);
  struct events *e = events_new(&setup);
  events_text(e, SPAN_LITERAL("a"));
  events_finish(e, "stop", NULL);
  events_free(e);
  clock_freeze(-1);
  buf_addf(&expected, "%d@7 %d@7 %d@7 %d@7 %d@7 %d@7 ", EVENT_RUN_STARTED,
           EVENT_TEXT_START, EVENT_TEXT, EVENT_TEXT_END, EVENT_STEP_END,
           EVENT_RUN_FINISHED);
  assert_string_equal(buf_cstring(&heard), buf_cstring(&expected));
  buf_free(&text);
  buf_free(&heard);
  buf_free(&expected);
}

static void test_events__one_message_closes_the_other(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_text_open(s.events, SPAN_LITERAL("a"));
  events_reasoning(s.events, SPAN_LITERAL("hm"));
  events_text(s.events, SPAN_LITERAL("b"));
  events_text_open(s.events, SPAN_LITERAL("c"));
  events_reasoning_close(s.events); /* none is open: nothing */
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("n"), none);
  events_finish(s.events, "stop", NULL);
  static const char *const types[] = {
      "RUN_STARTED",           "TEXT_MESSAGE_START",      "TEXT_MESSAGE_END",
      "REASONING_START",       "REASONING_MESSAGE_START", "REASONING_MESSAGE_CONTENT",
      "REASONING_MESSAGE_END", "REASONING_END",           "TEXT_MESSAGE_START",
      "TEXT_MESSAGE_CONTENT",  "TEXT_MESSAGE_END",        "TEXT_MESSAGE_START",
      "TEXT_MESSAGE_END",      "TOOL_CALL_START",         "TOOL_CALL_ARGS",
      "TOOL_CALL_END",         "TOOL_CALL_RESULT",        "RUN_FINISHED"};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    char front[64];
    (void)snprintf(front, sizeof front, "{\"type\":\"%s\"", types[i]);
    assert_true(span_starts(stream_line(&s, i), front));
  }
  stream_close(&s);
}

static void
test_events__words_of_the_user_are_a_message_between_those_of_the_agent(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_text(s.events, SPAN_LITERAL("I go"));
  events_user_message(s.events, SPAN_LITERAL("user-words"), SPAN_LITERAL("not there"));
  events_text(s.events, SPAN_LITERAL("here"));
  events_finish(s.events, "stop", NULL);
  events_user_message(s.events, none, SPAN_LITERAL("late"));
  stream_expect(
      &s, 3,
      "{\"type\":\"TEXT_MESSAGE_END\",\"messageId\":\"r-0\",\"timestamp\":7," META "}");
  stream_expect(&s, 4,
                "{\"type\":\"TEXT_MESSAGE_START\",\"messageId\":\"user-words\","
                "\"timestamp\":7,\"role\":\"user\"," META "}");
  stream_expect(&s, 5,
                "{\"type\":\"TEXT_MESSAGE_CONTENT\",\"messageId\":\"user-words\","
                "\"timestamp\":7,\"delta\":\"not there\"}");
  stream_expect(
      &s, 6,
      "{\"type\":\"TEXT_MESSAGE_END\",\"messageId\":\"user-words\",\"timestamp\":7," META
      "}");
  assert_int_equal(stream_count_of(&s, "TEXT_MESSAGE_START"), 3);
  stream_close(&s);
}

static void test_events__ids_are_native_then_numbered_then_made(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  static const char *const given[] = {"a", "a", "a-2", "a", "", "r-1", "", "\"\\"};
  static const char *const shown[] = {"r-a", "r-a-2", "r-a-2-2", "r-a-3",
                                      "r-0", "r-r-1", "r-1",     "r-\\\"\\\\"};
  for (size_t i = 0; i < 8; i++)
    events_text_open(s.events, span_of(given[i]));
  events_finish(s.events, "stop", NULL);
  for (size_t i = 0; i < 8; i++) {
    char line[200];
    (void)snprintf(
        line, sizeof line,
        "{\"type\":\"TEXT_MESSAGE_START\",\"messageId\":\"%s\",\"timestamp\":7,"
        "\"role\":\"assistant\"," META "}",
        shown[i]);
    stream_expect(&s, 1 + 2 * i, line);
  }
  stream_close(&s);
}

static void test_events__nothing_after_the_terminal_event(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_report(s.events, SPAN_LITERAL("\"exitCode\":0"), 1);
  events_report(s.events, SPAN_LITERAL("\"exitCode\":1,\"forced\":true"), 2);
  events_finish(s.events, "stop", NULL);
  assert_true(s.sink.ended);
  size_t before = s.text.len;
  events_start(s.events);
  events_text(s.events, SPAN_LITERAL("late"));
  events_reasoning(s.events, SPAN_LITERAL("late"));
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("n"), none);
  events_tool_result(s.events, SPAN_LITERAL("x"), SPAN_LITERAL("late"), false);
  events_warn(s.events, "late", SPAN_LITERAL("late"));
  events_fail(s.events, SPAN_LITERAL("late"), SPAN_LITERAL("late"));
  events_finish(s.events, "late", NULL);
  assert_int_equal(s.text.len, before);
  assert_int_equal(events_count(s.events), 2);
  stream_expect_last(
      &s, "{\"type\":\"RUN_FINISHED\",\"runId\":\"r\",\"threadId\":\"t\",\"timestamp\":7,"
          "\"metadata\":{\"tanstack\":{\"model\":\"m\",\"finishReason\":\"stop\"},"
          "\"runlet\":{\"exitCode\":1,\"forced\":true,\"events\":1,\"toolCalls\":0}}}");
  assert_true(span_is(events_certificate(s.events), "\"exitCode\":1,\"forced\":true,"
                                                    "\"events\":1,\"toolCalls\":0"));
  stream_close(&s);
}

static void test_events__freed_too_early_says_internal(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_reasoning(s.events, SPAN_LITERAL("a"));
  events_free(s.events);
  struct span last = stream_line(&s, stream_count(&s) - 1);
  assert_true(span_starts(last, "{\"type\":\"RUN_ERROR\""));
  assert_non_null(strstr(last.at, "\"code\":\"internal\""));
  s.events = NULL;
  stream_close(&s);
}

/* Every line of a stream of long things. */
static size_t longest_line(const struct stream *s)
{
  size_t longest = 0, count = stream_count(s);
  for (size_t i = 0; i < count; i++)
    if (stream_line(s, i).len > longest)
      longest = stream_line(s, i).len;
  return longest;
}

static void test_events__long_things_are_split_or_cut(void **state)
{
  struct stream s;
  struct buf text = buf_make(MIB), args = buf_make(MIB);
  (void)state;
  for (int i = 0; i < 3000; i++)
    buf_add_text(&text, i % 3 == 0 ? "\n\n" : "\xc3\xa4\xf0\x9f\x98\x80");
  buf_addf(&args, "{\"a\":\"");
  for (int i = 0; i < 3000; i++)
    buf_add_text(&args, "\xc3\xa4");
  buf_addf(&args, "\"}");
  stream_open(&s, &event_format_tanstack, 1024);
  events_text(s.events, buf_span(&text));
  events_reasoning(s.events, buf_span(&text));
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("n"),
                   buf_span(&args));
  events_tool_result(s.events, SPAN_LITERAL("x"), buf_span(&text), false);
  struct span result = stream_line(&s, stream_count(&s) - 1);
  char wanted[100];
  (void)snprintf(wanted, sizeof wanted, "\"runlet\":{\"truncated\":{\"bytes\":%zu}}",
                 text.len);
  assert_non_null(strstr(result.at, wanted));
  assert_true(result.len > 700);
  struct span end = stream_line(&s, stream_count(&s) - 2);
  (void)snprintf(wanted, sizeof wanted, "\"runlet\":{\"truncated\":{\"bytes\":%zu}}",
                 args.len);
  assert_non_null(strstr(end.at, wanted));
  assert_null(memchr(end.at, '\xc3', end.len));
  buf_clear(&args);
  buf_addf(&args, "\"%01500d\"", 1);
  events_custom(s.events, "big", buf_span(&args));
  result = stream_line(&s, stream_count(&s) - 1);
  assert_non_null(strstr(result.at, "\"value\":null"));
  events_finish(s.events, "stop", NULL);
  assert_true(longest_line(&s) <= 1024);
  stream_close(&s); /* checks UTF-8, and ARGS as one JSON value */
  buf_free(&text);
  buf_free(&args);
}

static void test_events__one_split_of_text_loses_nothing(void **state)
{
  struct stream s;
  struct buf text = buf_make(MIB), joined = buf_make(MIB);
  (void)state;
  for (int i = 0; i < 40000; i++)
    buf_add_char(&text, (char)('a' + i % 26));
  stream_open(&s, &event_format_tanstack, 4096);
  events_text(s.events, buf_span(&text));
  size_t count = stream_count(&s);
  assert_true(count > 10 && count < 15);
  for (size_t i = 2; i < count; i++) {
    struct span line = stream_line(&s, i);
    const char *delta = strstr(line.at, "\"delta\":\"") + 9;
    buf_add(&joined, (struct span){delta, (size_t)(line.at + line.len - 2 - delta)});
  }
  assert_true(span_equal(buf_span(&text), buf_span(&joined)));
  events_finish(s.events, "stop", NULL);
  stream_close(&s);
  buf_free(&text);
  buf_free(&joined);
}

static void test_events__warnings_are_custom_events(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_ag_ui, 0);
  events_warn(s.events, "a-b", SPAN_LITERAL("say \"x\""));
  stream_expect(&s, 1,
                "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"runlet.warning\","
                "\"value\":{\"code\":\"a-b\",\"message\":\"say \\\"x\\\"\"}}");
  events_finish(s.events, "stop", NULL);
  stream_close(&s);
}

static void test_events__the_outcome_can_be_asked(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_start(s.events);
  events_custom(s.events, "x", SPAN_LITERAL("1"));
  assert_false(events_have_spoken(s.events));
  events_reasoning(s.events, SPAN_LITERAL("hm"));
  assert_true(events_have_spoken(s.events));
  assert_false(events_finished_well(s.events));
  events_fail(s.events, SPAN_LITERAL("agent-exit"), SPAN_LITERAL("m"));
  assert_false(events_finished_well(s.events));
  assert_string_equal(events_error_code(s.events), "agent-exit");
  stream_close(&s);
  stream_open(&s, &event_format_tanstack, 0);
  events_finish(s.events, "stop", NULL);
  assert_true(events_finished_well(s.events));
  assert_string_equal(events_error_code(s.events), "");
  stream_close(&s);
}

static size_t backlog_put(struct sink *self, struct span line)
{
  (void)self;
  return line.len;
}

static void no_end(struct sink *self)
{
  (void)self;
}

/* Ids of the agent's, and what they are made of, leave room for what an event says. */
static void test_events__no_id_makes_an_event_too_long(void **state)
{
  (void)state;
  struct stream s;
  stream_open(&s, &event_format_tanstack, 1024);
  char id[3000];
  memset(id, '\001', sizeof id); /* six bytes each, as JSON */
  for (size_t length = 10; length < sizeof id; length += 37) {
    struct span native = {id, length};
    events_text_open(s.events, native);
    events_text(s.events, SPAN_LITERAL("some words"));
    events_tool_call(s.events, TOOL_NATIVE, native, SPAN_LITERAL("t"),
                     SPAN_LITERAL("{\"a\":1}"));
    events_tool_result(s.events, native, SPAN_LITERAL("done"), false);
  }
  events_finish(s.events, "stop", NULL);
  for (size_t i = 0; i < stream_count(&s); i++)
    assert_true(stream_line(&s, i).len <= 1024);
  stream_close(&s);
}

static void test_events__the_backlog_is_what_the_sink_said(void **state)
{
  struct sink sink = {.put = backlog_put, .end = no_end};
  struct events_setup setup = {.run_id = SPAN_LITERAL("r"), .sink = &sink};
  (void)state;
  struct events *e = events_new(&setup);
  assert_int_equal(events_backlog(e), 0);
  unsigned long long before = events_last_ms(e);
  events_start(e);
  assert_true(events_backlog(e) > 50);
  assert_true(events_last_ms(e) >= before);
  events_free(e);
}

/* One letter an event, and whose tool it is: what a format is told. */
static void letter_write(void *state, const struct event_run *run, const struct event *e,
                         struct buf *out)
{
  static const char letters[EVENT_KINDS] = {
      [EVENT_TEXT_START] = 't', [EVENT_REASONING_START] = 'r',
      [EVENT_TOOL_START] = 'c', [EVENT_TOOL_RESULT] = 'R',
      [EVENT_STEP_END] = '|',   [EVENT_RUN_FINISHED] = '.'};
  unsigned *count = state;
  (void)run;
  if (letters[e->kind])
    buf_add_char(out, letters[e->kind]);
  if (e->kind == EVENT_TOOL_START || e->kind == EVENT_TOOL_RESULT)
    buf_add_text(out, e->name.len == 0 ? "?" : e->origin == TOOL_HOST ? "h" : "n");
  if (e->kind == EVENT_RUN_FINISHED)
    buf_addf(out, "%u", *count);
  ++*count;
}

static const struct event_format letters = {
    .name = "letters", .state_bytes = sizeof(unsigned), .write = letter_write};

static void
test_events__a_step_ends_at_new_content_after_results_and_at_the_end(void **state)
{
  struct buf text = buf_make(KIB);
  struct collector sink = collector_make(&text);
  struct events_setup setup = {
      .run_id = SPAN_LITERAL("r"), .format = &letters, .sink = &sink.sink};
  (void)state;
  struct events *e = events_new(&setup);
  events_text(e, SPAN_LITERAL("a"));
  events_tool_call(e, TOOL_HOST, SPAN_LITERAL("x"), SPAN_LITERAL("n"), none);
  events_tool_call(e, TOOL_NATIVE, SPAN_LITERAL("y"), SPAN_LITERAL("n"), none);
  events_tool_result(e, SPAN_LITERAL("y"), SPAN_LITERAL("1"), false);
  events_tool_result(e, SPAN_LITERAL("x"), SPAN_LITERAL("2"), false);
  events_tool_result(e, SPAN_LITERAL("z"), SPAN_LITERAL("3"), false);
  events_reasoning(e, SPAN_LITERAL("hm"));
  events_tool_call(e, TOOL_HOST, SPAN_LITERAL("v"), SPAN_LITERAL("n"), none);
  events_finish(e, "stop", NULL);
  assert_string_equal(buf_cstring(&text), "tchcnRnRhR?|rchRh|.24");
  assert_int_equal(events_count(e), 12); /* what has no line is no event */
  events_free(e);
  buf_free(&text);
}

static void test_events__an_abandoned_message_is_closed_and_named(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_message_abandoned(s.events, none); /* there is none: nothing */
  events_text_open(s.events, SPAN_LITERAL("a"));
  events_text(s.events, SPAN_LITERAL("Half an ans"));
  events_message_abandoned(s.events, none);
  stream_expect(
      &s, 3,
      "{\"type\":\"TEXT_MESSAGE_END\",\"messageId\":\"r-a\",\"timestamp\":7," META "}");
  stream_expect(&s, 4,
                "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"runlet.message-"
                "abandoned\",\"value\":{\"messageId\":\"r-a\"}," META "}");
  events_text_open(s.events, SPAN_LITERAL("b"));
  events_message_abandoned(s.events, SPAN_LITERAL("\"r-a\"")); /* b stays open */
  events_text(s.events, SPAN_LITERAL("Whole."));
  events_finish(s.events, "stop", NULL);
  assert_int_equal(stream_count_of(&s, "TEXT_MESSAGE_START"), 2);
  assert_int_equal(stream_count_of(&s, "CUSTOM"), 2);
  stream_close(&s);
}

static void test_events__blanks_are_silence(void **state)
{
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  events_reasoning(s.events, SPAN_LITERAL("Hm."));
  events_text(s.events, SPAN_LITERAL(" \n"));
  assert_true(events_are_silent(s.events));
  events_text(s.events, SPAN_LITERAL(" a"));
  events_text(s.events, SPAN_LITERAL(" "));
  assert_false(events_are_silent(s.events));
  stream_close(&s);
  stream_open(&s, &event_format_tanstack, 0);
  events_tool_call(s.events, TOOL_NATIVE, SPAN_LITERAL("x"), SPAN_LITERAL("n"), none);
  assert_false(events_are_silent(s.events));
  stream_close(&s);
  stream_open(&s, &event_format_tanstack, 0);
  events_tool_result(s.events, SPAN_LITERAL("x"), SPAN_LITERAL(""), false);
  assert_false(events_are_silent(s.events));
  stream_close(&s);
}

static void
test_events__an_error_says_what_was_used_and_that_a_success_was_seen(void **state)
{
  struct stream s;
  struct event_usage used = event_usage_none();
  (void)state;
  used.prompt = 3;
  used.completion = 4;
  stream_open(&s, &event_format_ag_ui, 0);
  events_usage(s.events, &used);
  events_usage(s.events, NULL); /* changes nothing */
  events_succeeded(s.events);
  events_report(s.events, SPAN_LITERAL("\"exitCode\":7"), 12);
  events_fail(s.events, SPAN_LITERAL("agent-exit"), SPAN_LITERAL("m"));
  stream_expect_last(
      &s, "{\"type\":\"RUN_ERROR\",\"timestamp\":7,\"message\":\"m\",\"code\":\"agent-"
          "exit\",\"usage\":[{\"model\":\"m\",\"inputTokens\":3,\"outputTokens\":4,"
          "\"totalTokens\":7}],\"metadata\":{\"runlet\":{\"exitCode\":7,\"events\":1,"
          "\"toolCalls\":0,\"successSeen\":true}}}");
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_events__starts_by_itself_and_once),
      cmocka_unit_test(test_events__a_clock_that_is_set_back_sets_no_event_back),
      cmocka_unit_test(test_events__a_listener_hears_also_what_the_format_leaves_out),
      cmocka_unit_test(test_events__one_message_closes_the_other),
      cmocka_unit_test(
          test_events__words_of_the_user_are_a_message_between_those_of_the_agent),
      cmocka_unit_test(test_events__ids_are_native_then_numbered_then_made),
      cmocka_unit_test(test_events__nothing_after_the_terminal_event),
      cmocka_unit_test(test_events__freed_too_early_says_internal),
      cmocka_unit_test(test_events__long_things_are_split_or_cut),
      cmocka_unit_test(test_events__one_split_of_text_loses_nothing),
      cmocka_unit_test(test_events__warnings_are_custom_events),
      cmocka_unit_test(test_events__the_outcome_can_be_asked),
      cmocka_unit_test(
          test_events__a_step_ends_at_new_content_after_results_and_at_the_end),
      cmocka_unit_test(test_events__an_abandoned_message_is_closed_and_named),
      cmocka_unit_test(test_events__blanks_are_silence),
      cmocka_unit_test(
          test_events__an_error_says_what_was_used_and_that_a_success_was_seen),
      cmocka_unit_test(test_events__no_id_makes_an_event_too_long),
      cmocka_unit_test(test_events__the_backlog_is_what_the_sink_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
