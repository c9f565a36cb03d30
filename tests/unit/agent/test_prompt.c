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

static const struct prompt_rules apart = {.adapter = "Claude Code"};
static const struct prompt_rules first = {.adapter = "Codex", .system_first = true};

static void expect_prompt(const struct run_request *req, const struct prompt_rules *rules,
                          const char *wanted)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct fault f = {0};
  assert_int_equal(prompt_write(req, rules, &out, &f), 0);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

static void expect_refusal(const struct run_request *req)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct fault f = {0};
  assert_int_equal(prompt_write(req, &apart, &out, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_string_equal(
      f.text, "Claude Code adapter requires a trailing user message with text content.");
  f = (struct fault){0};
  /* the stream says so, as TanStack's runner does */
  assert_int_equal(prompt_admit(req, &apart, &f), 0);
  buf_free(&out);
}

static void test_prompt__one_message_is_itself_and_nothing_is_trimmed(void **state)
{
  static const char *const texts[] = {" \n q1 \t", "    indented\n\n", " \n",
                                      "\xef\xbb\xbfq"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct message one[] = {{.role = ROLE_USER, .text = span_of(texts[i])}};
    struct run_request req = {.messages = one, .message_count = 1};
    expect_prompt(&req, &apart, texts[i]);
  }
}

static void test_prompt__earlier_turns_come_before_the_last(void **state)
{
  struct message all[] = {OTHER("sys"), TEXT(" q1 "),  SAID("a1\n"),
                          SAID("  "),   OTHER("tool"), TEXT("q2 ")};
  struct run_request req = {.messages = all, .message_count = 6};
  (void)state;
  expect_prompt(&req, &apart,
                "Previous conversation:\nUser:  q1 \nAssistant: a1\n\n\nq2 ");
  req.session_id = SPAN_LITERAL("s");
  expect_prompt(&req, &apart, "q2 ");
}

static void test_prompt__only_silent_turns_before_are_none(void **state)
{
  struct message all[] = {OTHER("sys"), SAID(""), TEXT("q")};
  struct run_request req = {.messages = all, .message_count = 3};
  (void)state;
  expect_prompt(&req, &apart, "q");
}

static void test_prompt__what_leads_the_whole_prompt_is_guarded(void **state)
{
  static const struct prompt_rules guarded = {.adapter = "x",
                                              .guard = {.commands = "/", .front = "\n"}};
  struct span prompts[] = {SPAN_LITERAL("/sys")};
  struct message all[] = {TEXT("/q1"), SAID("a1"), TEXT("/q2")};
  struct run_request req = {.messages = all, .message_count = 3};
  (void)state;
  expect_prompt(&req, &guarded,
                "Previous conversation:\nUser: /q1\nAssistant: a1\n\n/q2");
  req.session_id = SPAN_LITERAL("s"); /* now it leads */
  expect_prompt(&req, &guarded, "\n/q2");
  req.harness_options.prompt_commands = true;
  expect_prompt(&req, &guarded, "/q2");
  req.harness_options.prompt_commands = false;
  req.system_prompts = (struct spans){prompts, 1};
  struct prompt_rules system = guarded;
  system.system_first = true;
  expect_prompt(&req, &system, "\n/sys\n\n/q2");
}

static void test_prompt__a_bom_that_would_be_lost_is_doubled(void **state)
{
  struct prompt_rules rules = {.adapter = "x", .bom_lost = true};
  struct message all[] = {TEXT("\xef\xbb\xbfq")};
  struct run_request req = {.messages = all, .message_count = 1};
  (void)state;
  expect_prompt(&req, &rules, "\xef\xbb\xbf\xef\xbb\xbfq");
  all[0].text = SPAN_LITERAL("q");
  expect_prompt(&req, &rules, "q");
}

static void expect_admission(const struct prompt_rules *rules, const char *text,
                             const char *refusal)
{
  struct message all[] = {{.role = ROLE_USER, .text = span_of(text)}};
  struct run_request req = {.messages = all, .message_count = 1};
  struct fault f = {0};
  assert_int_equal(prompt_admit(&req, rules, &f), refusal ? -1 : 0);
  if (refusal) {
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    assert_string_equal(f.text, refusal);
  }
}

static void test_prompt__what_the_agent_would_refuse_is_refused_before(void **state)
{
  struct prompt_rules rules = {
      .adapter = "Tiny", .no_blank = true, .most = 4, .guard = {.skills = true}};
  static const char blank[] =
      "prompt-invalid: the last message is blank, and Tiny takes no blank prompt";
  (void)state;
  expect_admission(&rules, "1234", NULL);
  expect_admission(&rules, " 1 ", NULL);
  expect_admission(
      &rules, "12345",
      "prompt-invalid: the prompt is 5 bytes long, and Tiny takes at most 4");
  expect_admission(
      &rules, "ééé",
      "prompt-invalid: the prompt is 6 bytes long, and Tiny takes at most 4");
  rules.characters = true;
  expect_admission(&rules, "éééé", NULL);
  /* as it is sent */
  expect_admission(
      &rules, "$a$b",
      "prompt-invalid: the prompt is 6 characters long, and Tiny takes at most 4");
  expect_admission(&rules, " \n", blank);
  expect_admission(&rules, "\xc2\xa0\xe3\x80\x80", blank);
  rules.no_blank = false;
  expect_admission(&rules, " \n", NULL);
}

static void test_prompt__must_end_with_a_user_who_says_something(void **state)
{
  struct message empty[] = {TEXT("q"), TEXT("")};
  struct message answer[] = {TEXT("q"), SAID("a")};
  struct run_request none = {.message_count = 0};
  struct run_request of_empty = {.messages = empty, .message_count = 2};
  struct run_request of_answer = {.messages = answer, .message_count = 2};
  (void)state;
  expect_refusal(&none);
  expect_refusal(&of_empty);
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
  expect_prompt(&req, &first, "one\n\ntwo\n\nq");
  expect_prompt(&req, &apart, "q");
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
  assert_int_equal(prompt_write(&req, &apart, &out, &f), 0);
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
  assert_int_equal(prompt_write(&req, &apart, &out, &f), -1);
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
      {.message = 2},
      {.message = 1, .role = ROLE_ASSISTANT, .image = true},
      {.role = ROLE_SYSTEM, .image = true}};
  struct run_request req = {
      .messages = all, .message_count = 3, .parts = parts, .part_count = 6};
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
      "image-not-passed\",\"message\":\"messages: 5 image",
      "messages: 1 parts",
      "messages: 3 image",
      "content-not-passed",
      "1 image parts were not passed to the agent: only those of a user",
      "1 image parts were not passed to the agent: only data",
      "messages: 1 parts"};
  for (size_t i = 0; i < 7; i++) {
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
      cmocka_unit_test(test_prompt__one_message_is_itself_and_nothing_is_trimmed),
      cmocka_unit_test(test_prompt__earlier_turns_come_before_the_last),
      cmocka_unit_test(test_prompt__only_silent_turns_before_are_none),
      cmocka_unit_test(test_prompt__what_leads_the_whole_prompt_is_guarded),
      cmocka_unit_test(test_prompt__a_bom_that_would_be_lost_is_doubled),
      cmocka_unit_test(test_prompt__what_the_agent_would_refuse_is_refused_before),
      cmocka_unit_test(test_prompt__must_end_with_a_user_who_says_something),
      cmocka_unit_test(test_prompt__system_prompts_go_first_or_apart),
      cmocka_unit_test(test_prompt__half_a_surrogate_becomes_readable),
      cmocka_unit_test(test_prompt__too_long_is_said),
      cmocka_unit_test(test_prompt__what_is_not_passed_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
