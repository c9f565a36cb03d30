/* SPDX-License-Identifier: MIT */
/* What the golden transcripts (test_golden.c) cannot show: names of tools that the
 * request registered, and texts that are long past. */
#include "agent/opencode/opencode_parts.h"

#include "stream.h"
#include "tool_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct stream stream;
  struct opencode_order order;
  struct opencode_parts parts;
};

static void open_fixture(struct fixture *d)
{
  memset(d, 0, sizeof *d);
  stream_open(&d->stream, &event_format_tanstack, 0);
  d->parts.order = &d->order;
}

static void close_fixture(struct fixture *d)
{
  events_finish(d->stream.events, "stop", NULL);
  opencode_parts_free(&d->parts);
  opencode_order_free(&d->order);
  stream_close(&d->stream);
}

typedef void take_json(struct opencode_parts *p, const struct json *doc, json_at v,
                       struct events *events);

static void message(struct opencode_parts *p, const struct json *doc, json_at v,
                    struct events *events)
{
  (void)events;
  opencode_parts_message(p, doc, v);
}

static void take(struct fixture *d, take_json *how, const char *text)
{
  static const char *const raw[] = {"input", "summary", "metadata", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  struct json *doc = json_parse(span_of(text), &rules, &f);
  assert_non_null(doc);
  how(&d->parts, doc, json_root(doc), d->stream.events);
  json_free(doc);
}

static void begin_message(struct fixture *d)
{
  take(d, message, "{\"id\":\"m\",\"role\":\"assistant\"}");
}

static void text_part(struct fixture *d, unsigned n, const char *text)
{
  char part[200];
  (void)snprintf(part, sizeof part,
                 "{\"id\":\"p%u\",\"messageID\":\"m\",\"type\":\"text\",\"text\":\"%s\"}",
                 n, text);
  take(d, opencode_parts_part, part);
}

static void expect_name(const struct fixture *d, const char *theirs,
                        const char *registered)
{
  struct span name = opencode_bridged(&d->order, span_of(theirs));
  if (!span_is(name, registered))
    fail_msg("%s is %.*s, not %s", theirs, (int)name.len, name.len > 0 ? name.at : "",
             registered);
}

static void test_opencode_parts__a_bridged_tool_has_its_registered_name(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.order.bridge_name = buf_make(100);
  buf_add_text(&d.order.bridge_name, "my.tools");
  d.order.authorization = buf_make(100);
  buf_add_text(&d.order.authorization, "Basic x");
  struct tools *tools = tools_from_names(SPAN_LITERAL("echo,get.time now,h\xc3\xa9"));
  d.order.tools = tools;
  expect_name(&d, "my_tools_echo", "echo");
  for (size_t i = 1; i < tools_count(tools); i++) {
    char theirs[100];
    snprintf(theirs, sizeof theirs, "my_tools_%s", tools_at(tools, i)->alias[0]);
    char *ours = span_copy(tools_at(tools, i)->name);
    expect_name(&d, theirs, ours);
    free(ours);
  }
  expect_name(&d, "my_tools_other", ""); /* a tool of the user's own server */
  expect_name(&d, "my_tools_", "");
  expect_name(&d, "my_tools", "");
  expect_name(&d, "echo", "");
  expect_name(&d, "tanstack_echo", "");
  expect_name(&d, "", "");
  close_fixture(&d);
  tools_free(tools);
}

static void test_opencode_parts__without_tools_no_name_is_changed(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.order.authorization = buf_make(100);
  buf_add_text(&d.order.authorization, "Basic x");
  expect_name(&d, "tanstack_echo", "");
  close_fixture(&d);
  open_fixture(&d); /* a transcript: nobody says which tools there were */
  expect_name(&d, "tanstack_echo", "echo");
  close_fixture(&d);
}

static void test_opencode_parts__a_text_long_past_does_not_come_again(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  begin_message(&d);
  for (unsigned i = 0; i < OPENCODE_TEXTS + 10; i++)
    text_part(&d, i, "some");
  size_t before = stream_count(&d.stream);
  text_part(&d, 3, "some words"); /* out of the ring, and whole since */
  assert_int_equal(stream_count(&d.stream), before);
  text_part(&d, OPENCODE_TEXTS + 5, "some words");
  assert_true(stream_count(&d.stream) > before);
  close_fixture(&d);
}

static void expect_calls(const char *state, size_t wanted)
{
  struct fixture d;
  struct buf part = buf_make(1000);
  open_fixture(&d);
  begin_message(&d);
  buf_addf(&part,
           "{\"id\":\"p\",\"messageID\":\"m\",\"type\":\"tool\",\"tool\":\"sh\","
           "\"callID\":\"c\",\"state\":{\"status\":\"error\",\"input\":{},%s}}",
           state);
  take(&d, opencode_parts_part, buf_cstring(&part));
  assert_int_equal(stream_count_of(&d.stream, "TOOL_CALL_START"), wanted);
  buf_free(&part);
  close_fixture(&d);
}

static void test_opencode_parts__a_call_without_a_letter_of_it_never_was_one(void **state)
{
  (void)state;
  expect_calls("\"error\":\"Tool execution aborted\",\"raw\":\"\","
               "\"metadata\":{\"interrupted\":true}",
               0);
  expect_calls("\"error\":\"Tool execution aborted\",\"raw\":\"{\\\"a\","
               "\"metadata\":{\"interrupted\":true}",
               1);
  expect_calls("\"error\":\"Tool execution aborted\","
               "\"metadata\":{\"interrupted\":true}",
               1);
  expect_calls("\"error\":\"no such file\",\"raw\":\"\","
               "\"metadata\":{\"interrupted\":false}",
               1);
  expect_calls("\"error\":\"no such file\",\"raw\":\"\"", 1);
}

static void test_opencode_parts__a_text_that_was_abandoned_opens_anew(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  begin_message(&d);
  text_part(&d, 1, "half");
  opencode_parts_abandon(&d.parts, d.stream.events);
  assert_int_equal(stream_count_of(&d.stream, "TEXT_MESSAGE_END"), 1);
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 1);
  text_part(&d, 1, "half and more");
  assert_int_equal(stream_count_of(&d.stream, "TEXT_MESSAGE_START"), 2);
  take(&d, opencode_parts_part,
       "{\"id\":\"s\",\"messageID\":\"m\",\"type\":\"step-finish\",\"tokens\":{}}");
  opencode_parts_abandon(&d.parts, d.stream.events); /* that step was whole */
  assert_int_equal(stream_count_of(&d.stream, "CUSTOM"), 1);
  close_fixture(&d);
}

static void test_opencode_parts__only_the_assistants_messages_are_told(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  take(&d, message, "{\"id\":\"m\",\"role\":\"user\"}");
  text_part(&d, 1, "the prompt");
  take(&d, message, "{\"id\":\"m\",\"role\":\"assistant\",\"summary\":true}");
  text_part(&d, 1, "a summary");
  assert_int_equal(stream_count(&d.stream), 0);
  take(&d, message, "{\"id\":\"m\",\"role\":\"assistant\",\"summary\":{\"diffs\":[]}}");
  text_part(&d, 1, "an answer");
  assert_int_equal(stream_count_of(&d.stream, "TEXT_MESSAGE_CONTENT"), 1);
  close_fixture(&d);
}

static void test_opencode_parts__tokens_of_all_steps_are_added_up(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  begin_message(&d);
  assert_false(d.parts.has_usage);
  const char *step = "{\"id\":\"%c\",\"messageID\":\"m\",\"type\":\"step-finish\","
                     "\"tokens\":{\"input\":100,\"output\":2.5,\"reasoning\":5,"
                     "\"cache\":{\"read\":20}}}";
  char text[300];
  for (const char *id = "aba"; *id; id++) { /* one of them twice */
    (void)snprintf(text, sizeof text, step, *id);
    take(&d, opencode_parts_part, text);
  }
  assert_true(d.parts.has_usage);
  assert_int_equal(d.parts.usage.prompt, 200);
  assert_int_equal(d.parts.usage.completion, -1); /* no number of tokens */
  assert_int_equal(d.parts.usage.total, -1);
  assert_int_equal(d.parts.usage.reasoning, 10);
  assert_int_equal(d.parts.usage.cached, 40);
  assert_int_equal(d.parts.usage.cache_write, -1);
  close_fixture(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_opencode_parts__a_bridged_tool_has_its_registered_name),
      cmocka_unit_test(test_opencode_parts__without_tools_no_name_is_changed),
      cmocka_unit_test(test_opencode_parts__a_text_long_past_does_not_come_again),
      cmocka_unit_test(test_opencode_parts__a_call_without_a_letter_of_it_never_was_one),
      cmocka_unit_test(test_opencode_parts__a_text_that_was_abandoned_opens_anew),
      cmocka_unit_test(test_opencode_parts__only_the_assistants_messages_are_told),
      cmocka_unit_test(test_opencode_parts__tokens_of_all_steps_are_added_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
