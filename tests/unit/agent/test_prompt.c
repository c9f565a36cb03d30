/* SPDX-License-Identifier: MIT */
#include "agent/prompt.h"

#include "base/limits.h"

#include "stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(s)  ((struct message){.role = ROLE_USER, .text = SPAN_LITERAL(s)})
#define SAID(s)  ((struct message){.role = ROLE_ASSISTANT, .text = SPAN_LITERAL(s)})
#define OTHER(s) ((struct message){.role = ROLE_OTHER, .text = SPAN_LITERAL(s)})

static void expect_prompt(const struct run_request *req, bool system_first,
                          const char *wanted)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct fault f = {0};
  assert_int_equal(prompt_write(req, "Codex", system_first, &out, &f), 0);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

static void expect_refusal(const struct run_request *req)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct fault f = {0};
  assert_int_equal(prompt_write(req, "Claude Code", false, &out, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_string_equal(
      f.text, "Claude Code adapter requires a trailing user message with text content.");
  buf_free(&out);
}

static void test_prompt__one_message_is_itself_trimmed(void **state)
{
  struct message one[] = {TEXT(" \n q1 \t")};
  struct run_request req = {.messages = one, .message_count = 1};
  (void)state;
  expect_prompt(&req, false, "q1");
}

static void test_prompt__earlier_turns_come_before_the_last(void **state)
{
  struct message all[] = {OTHER("sys"), TEXT(" q1 "),  SAID("a1\n"),
                          SAID("  "),   OTHER("tool"), TEXT("q2")};
  struct run_request req = {.messages = all, .message_count = 6};
  (void)state;
  expect_prompt(&req, false, "Previous conversation:\nUser: q1\nAssistant: a1\n\nq2");
  req.session_id = SPAN_LITERAL("s");
  expect_prompt(&req, false, "q2");
}

static void test_prompt__only_silent_turns_before_are_none(void **state)
{
  struct message all[] = {OTHER("sys"), SAID(""), TEXT("q")};
  struct run_request req = {.messages = all, .message_count = 3};
  (void)state;
  expect_prompt(&req, false, "q");
}

static void test_prompt__must_end_with_a_user_who_says_something(void **state)
{
  struct message blank[] = {TEXT("q"), TEXT(" \n")};
  struct message answer[] = {TEXT("q"), SAID("a")};
  struct run_request none = {.message_count = 0};
  struct run_request of_blank = {.messages = blank, .message_count = 2};
  struct run_request of_answer = {.messages = answer, .message_count = 2};
  (void)state;
  expect_refusal(&none);
  expect_refusal(&of_blank);
  expect_refusal(&of_answer);
}

static void test_prompt__system_prompts_go_first_or_apart(void **state)
{
  struct span prompts[] = {SPAN_LITERAL("one"), SPAN_LITERAL(" \n"), SPAN_LITERAL("two")};
  struct message all[] = {TEXT("q")};
  struct run_request req = {
      .messages = all, .message_count = 1, .system_prompts = {.at = prompts, .count = 3}};
  struct buf out = buf_make(KIB);
  (void)state;
  expect_prompt(&req, true, "one\n\ntwo\n\nq");
  expect_prompt(&req, false, "q");
  prompt_system(&req, &out);
  assert_string_equal(buf_cstring(&out), "one\n\ntwo");
  buf_clear(&out);
  req.system_prompts.count = 0;
  prompt_system(&req, &out);
  assert_int_equal(out.len, 0);
  buf_free(&out);
}

static void test_prompt__half_a_surrogate_becomes_readable(void **state)
{
  struct message all[] = {TEXT("q\xed\xa0\xbd!")};
  struct run_request req = {.messages = all, .message_count = 1};
  struct buf out = buf_make(KIB);
  struct fault f = {0};
  (void)state;
  assert_int_equal(prompt_write(&req, "x", false, &out, &f), 0);
  assert_true(utf8_valid(buf_span(&out)));
  buf_free(&out);
}

static void test_prompt__too_long_is_said(void **state)
{
  struct message all[] = {TEXT("0123456789")};
  struct run_request req = {.messages = all, .message_count = 1};
  struct buf out = buf_make(5);
  struct fault f = {0};
  (void)state;
  assert_int_equal(prompt_write(&req, "x", false, &out, &f), -1);
  assert_int_equal(f.kind, FAULT_TOO_BIG);
  buf_free(&out);
}

static void test_prompt__what_is_not_passed_is_told(void **state)
{
  struct message all[] = {TEXT("q1"), SAID("a1"), TEXT("q2")};
  struct message_part parts[] = {
      {.message = 0, .image = true, .data = SPAN_LITERAL("QQ==")},
      {.message = 2, .image = true, .data = SPAN_LITERAL("QQ==")},
      {.message = 2, .image = true},
      {.message = 2}};
  struct run_request req = {
      .messages = all, .message_count = 3, .parts = parts, .part_count = 4};
  struct stream s;
  (void)state;
  stream_open(&s, &event_format_ag_ui, 0);
  prompt_warn_parts(NULL, false, false, s.events);
  events_start(s.events);
  assert_int_equal(stream_count(&s), 1);
  prompt_warn_parts(&req, false, false, s.events);
  prompt_warn_parts(&req, true, false, s.events);
  prompt_warn_parts(&req, true, true, s.events);
  events_finish(s.events, "stop", NULL);
  static const char *const told[] = {
      "image-not-passed\",\"message\":\"messages: 3 image",
      "messages: 1 parts",
      "messages: 2 image",
      "content-not-passed",
      "1 image parts were not passed to the agent: only data",
      "messages: 1 parts"};
  for (size_t i = 0; i < 6; i++) {
    char *line = span_copy(stream_line(&s, 1 + i));
    if (!strstr(line, told[i]))
      fail_msg("%s is not in %s", told[i], line);
    free(line);
  }
  stream_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prompt__one_message_is_itself_trimmed),
      cmocka_unit_test(test_prompt__earlier_turns_come_before_the_last),
      cmocka_unit_test(test_prompt__only_silent_turns_before_are_none),
      cmocka_unit_test(test_prompt__must_end_with_a_user_who_says_something),
      cmocka_unit_test(test_prompt__system_prompts_go_first_or_apart),
      cmocka_unit_test(test_prompt__half_a_surrogate_becomes_readable),
      cmocka_unit_test(test_prompt__too_long_is_said),
      cmocka_unit_test(test_prompt__what_is_not_passed_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
