/* SPDX-License-Identifier: MIT */
#include "agent/claude_code/claude_messages.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct test {
  struct claude_messages messages;
  struct stream stream;
  struct json *doc;
  bool other; /* the next tool_use is no call of the stream */
};

static void open(struct test *t)
{
  *t = (struct test){0};
  stream_open(&t->stream, &event_format_tanstack, 0);
}

static void finish(struct test *t)
{
  events_finish(t->stream.events, "stop", NULL);
}

static void shut(struct test *t)
{
  claude_messages_free(&t->messages);
  stream_close(&t->stream);
}

static bool on_call(void *who, json_at block)
{
  struct test *t = who;
  if (!t->other)
    events_tool_call(t->stream.events, TOOL_NATIVE, json_member_text(t->doc, block, "id"),
                     SPAN_LITERAL("n"), SPAN_LITERAL("{}"));
  return !t->other;
}

/* ' stands for ". */
static json_at parse(struct test *t, const char *line)
{
  static char text[4096]; /* which the document borrows */
  struct fault f = {0};
  size_t len = 0;
  for (; line[len]; len++)
    text[len] = line[len] == '\'' ? '"' : line[len];
  t->doc = json_parse((struct span){text, len}, NULL, &f);
  assert_non_null(t->doc);
  return json_root(t->doc);
}

static bool streams(struct test *t, const char *line)
{
  json_at root = parse(t, line);
  bool begins = claude_messages_stream(&t->messages, t->doc, root, t->stream.events);
  json_free(t->doc);
  return begins;
}

/* An `assistant` line; `more`: members beside its message. */
static void whole(struct test *t, const char *id, const char *content, const char *more)
{
  char line[1000];
  (void)snprintf(line, sizeof line, "{'message':{'id':'%s','content':[%s]}%s}", id,
                 content, more);
  json_at root = parse(t, line);
  claude_messages_whole(&t->messages, t->doc, root, t->stream.events, on_call, t);
  json_free(t->doc);
}

static void start(struct test *t, const char *id, const char *more)
{
  char line[500];
  (void)snprintf(line, sizeof line,
                 "{'event':{'type':'message_start','message':{'id':'%s'}}%s}", id, more);
  assert_true(streams(t, line));
}

static void block(struct test *t, int index, const char *content)
{
  char line[500];
  (void)snprintf(line, sizeof line,
                 "{'event':{'type':'content_block_start','index':%d,'content_block':%s}}",
                 index, content);
  assert_false(streams(t, line));
}

static void says(struct test *t, const char *kind, const char *words)
{
  char line[500];
  (void)snprintf(line, sizeof line,
                 "{'event':{'type':'content_block_delta','delta':{'type':'%s_delta','%s':"
                 "'%s'}}}",
                 kind, kind, words);
  assert_false(streams(t, line));
}

static void expect(struct test *t, const char *wanted)
{
  const char *text = buf_cstring(&t->stream.text);
  if (!strstr(text, wanted))
    fail_msg("%s is not in %s", wanted, text);
}

#define TEXT(words) "{'type':'text','text':'" words "'}"
#define CALL(id)    "{'type':'tool_use','id':'" id "','name':'n'}"
#define VOID        ",'abandoned_blocks':{'from_block_index':0}"

static void test_claude_messages__what_streamed_is_told_once(void **state)
{
  struct test t;
  (void)state;
  open(&t);
  start(&t, "m", "");
  block(&t, 0, "{'type':'thinking'}");
  says(&t, "thinking", "Hm.");
  whole(&t, "m", "{'type':'thinking','thinking':'Hm.'}", "");
  assert_false(streams(&t, "{'event':{'type':'content_block_stop','index':0}}"));
  block(&t, 1, "{'type':'text'}");
  says(&t, "text", "a");
  says(&t, "thinking", "not of this block");
  whole(&t, "m", TEXT("a"), "");
  finish(&t);
  assert_int_equal(stream_count_of(&t.stream, "TEXT_MESSAGE_CONTENT"), 1);
  assert_int_equal(stream_count_of(&t.stream, "REASONING_MESSAGE_CONTENT"), 1);
  shut(&t);
}

static void test_claude_messages__a_second_answer_under_the_same_id_is_told(void **state)
{
  struct test t;
  (void)state;
  open(&t);
  start(&t, "m", "");
  block(&t, 0, "{'type':'text'}");
  says(&t, "text", "First.");
  whole(&t, "m", TEXT("First."), "");
  whole(&t, "m", TEXT("Second."), "");
  start(&t, "m", "");
  whole(&t, "m", TEXT("Third."), "");
  finish(&t);
  assert_int_equal(stream_count_of(&t.stream, "TEXT_MESSAGE_CONTENT"), 3);
  expect(&t, "Second.");
  expect(&t, "Third.");
  shut(&t);
}

static void test_claude_messages__ids_that_are_missing_are_alike(void **state)
{
  struct test t;
  (void)state;
  open(&t);
  whole(&t, "", TEXT("not streamed"), "");
  start(&t, "", "");
  block(&t, 0, "{'type':'text'}");
  says(&t, "text", "a");
  whole(&t, "", TEXT("a"), "");
  finish(&t);
  assert_int_equal(stream_count_of(&t.stream, "TEXT_MESSAGE_CONTENT"), 2);
  shut(&t);
}

static void test_claude_messages__an_abandoned_call_is_interrupted_at_once(void **state)
{
  struct test t;
  (void)state;
  open(&t);
  start(&t, "m", "");
  block(&t, 0, CALL("toolu_0123456789"));
  block(&t, 1, CALL("toolu_half_of_it"));
  whole(&t, "m", CALL("toolu_0123456789"), "");
  start(&t, "m2", VOID);
  assert_int_equal(stream_count_of(&t.stream, "TOOL_CALL_RESULT"), 1);
  expect(&t, "interrupted");
  whole(&t, "m2", CALL("toolu_0123456789"), "");
  events_tool_result(t.stream.events, SPAN_LITERAL("toolu_0123456789"),
                     SPAN_LITERAL("of 2"), false);
  finish(&t);
  assert_int_equal(stream_count_of(&t.stream, "TOOL_CALL_START"), 2);
  expect(&t,
         "\"toolCallId\":\"toolu_0123456789-2\",\"messageId\":\"r-1\",\"timestamp\":7,"
         "\"content\":\"of 2\"");
  shut(&t);
}

static void test_claude_messages__only_what_is_void_is_abandoned(void **state)
{
  struct test t;
  (void)state;
  open(&t);
  start(&t, "m", "");
  block(&t, 0, CALL("toolu_0123456789"));
  whole(&t, "m", CALL("toolu_0123456789"), "");
  block(&t, 1, CALL("toolu_9876543210"));
  t.other = true; /* the value that was asked for */
  whole(&t, "m", CALL("toolu_9876543210"), "");
  block(&t, 2, "{'type':'text'}");
  assert_false(streams(&t, "{'event':{'type':'message_stop'},'abandoned_blocks':{'from_"
                           "block_index':1}}"));
  assert_int_equal(stream_count_of(&t.stream, "TOOL_CALL_RESULT"), 0);
  expect(&t, "runlet.message-abandoned");
  finish(&t);
  shut(&t);
}

static void
test_claude_messages__asked_again_what_never_became_whole_is_void(void **state)
{
  struct test t;
  (void)state;
  open(&t);
  start(&t, "m", "");
  block(&t, 0, "{'type':'text'}");
  says(&t, "text", "Kept.");
  whole(&t, "m", TEXT("Kept."), "");
  block(&t, 1, CALL("toolu_0123456789"));
  whole(&t, "m", CALL("toolu_0123456789"), "");
  claude_messages_asked_again(&t.messages, t.stream.events);
  assert_int_equal(stream_count_of(&t.stream, "CUSTOM"), 0);
  assert_int_equal(stream_count_of(&t.stream, "TOOL_CALL_RESULT"), 0);
  start(&t, "m2", "");
  block(&t, 0, "{'type':'text'}");
  says(&t, "text", "Half");
  claude_messages_asked_again(&t.messages, t.stream.events);
  assert_int_equal(stream_count_of(&t.stream, "CUSTOM"), 1);
  finish(&t);
  shut(&t);
}

static void test_claude_messages__an_error_before_more_is_void(void **state)
{
  struct test t;
  (void)state;
  open(&t);
  whole(&t, "m", TEXT("overloaded"), ",'error':'server_error'");
  assert_int_equal(stream_count_of(&t.stream, "CUSTOM"), 0);
  whole(&t, "m2", TEXT("answer"), "");
  assert_int_equal(stream_count_of(&t.stream, "CUSTOM"), 1);
  whole(&t, "m3", TEXT("no credit"), ",'error':'billing_error'");
  claude_messages_end(&t.messages, t.stream.events);
  start(&t, "m4", "");
  assert_int_equal(stream_count_of(&t.stream, "CUSTOM"), 1);
  finish(&t);
  shut(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_claude_messages__what_streamed_is_told_once),
      cmocka_unit_test(test_claude_messages__a_second_answer_under_the_same_id_is_told),
      cmocka_unit_test(test_claude_messages__ids_that_are_missing_are_alike),
      cmocka_unit_test(test_claude_messages__an_abandoned_call_is_interrupted_at_once),
      cmocka_unit_test(test_claude_messages__only_what_is_void_is_abandoned),
      cmocka_unit_test(test_claude_messages__asked_again_what_never_became_whole_is_void),
      cmocka_unit_test(test_claude_messages__an_error_before_more_is_void),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
