/* SPDX-License-Identifier: MIT */
#include "agent/begun_answer.h"

#include "base/limits.h"
#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void say(struct stream *s, struct begun_answer *b, const char *id)
{
  events_text_open(s->events, span_of(id));
  events_text(s->events, SPAN_LITERAL("half"));
  begun_answer_add(b, s->events);
}

static void test_begun__each_message_is_named_once_by_the_id_that_went_out(void **state)
{
  struct stream s;
  struct begun_answer b = {0};
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  begun_answer_abandon(&b, s.events); /* nothing */
  say(&s, &b, "message-of-the-agent-\"a\"");
  events_reasoning_open(s.events, (struct span){0});
  begun_answer_add(&b, s.events);
  say(&s, &b, "message-of-the-agent-\"a\""); /* again: it has another id */
  begun_answer_abandon(&b, s.events);
  begun_answer_abandon(&b, s.events);
  assert_int_equal(stream_count_of(&s, "CUSTOM"), 3);
  assert_int_equal(stream_count_of(&s, "TEXT_MESSAGE_END"), 2);
  assert_non_null(strstr(s.text.at, "-\\\"a\\\"-2\"}"));
  events_finish(s.events, "stop", NULL);
  begun_answer_free(&b);
  stream_close(&s);
}

static void test_begun__what_is_whole_is_not_abandoned(void **state)
{
  struct stream s;
  struct begun_answer b = {0};
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  say(&s, &b, "");
  begun_answer_is_whole(&b);
  begun_answer_abandon(&b, s.events);
  assert_int_equal(stream_count_of(&s, "CUSTOM"), 0);
  events_finish(s.events, "stop", NULL);
  begun_answer_free(&b);
  stream_close(&s);
}

static void test_begun__more_than_can_be_kept_leaves_no_half_id(void **state)
{
  struct stream s;
  struct begun_answer b = {0};
  struct buf long_id = buf_make(LIMIT_NAME_BYTES);
  (void)state;
  stream_open(&s, &event_format_tanstack, 0);
  while (long_id.len < LIMIT_NAME_BYTES - 1)
    buf_add_char(&long_id, 'x');
  for (int i = 0; i < 20; i++)
    say(&s, &b, buf_cstring(&long_id));
  begun_answer_abandon(&b, s.events);
  assert_true(stream_count_of(&s, "CUSTOM") >= 1);
  assert_true(stream_count_of(&s, "CUSTOM") < 20);
  events_finish(s.events, "stop", NULL);
  buf_free(&long_id);
  begun_answer_free(&b);
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_begun__each_message_is_named_once_by_the_id_that_went_out),
      cmocka_unit_test(test_begun__what_is_whole_is_not_abandoned),
      cmocka_unit_test(test_begun__more_than_can_be_kept_leaves_no_half_id),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
