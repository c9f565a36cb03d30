/* SPDX-License-Identifier: MIT */
#include "agent/prompt_guard.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WJ "\xe2\x81\xa0"

static const struct prompt_guard first = {.commands = "/", .front = "\n"};
static const struct prompt_guard blanks = {
    .commands = "/$", .behind_blanks = true, .front = "User: "};
static const struct prompt_guard mentions = {.mentions = MENTIONS_OUTSIDE_WORDS};
static const struct prompt_guard everywhere = {.mentions = MENTIONS_EVERYWHERE};
static const struct prompt_guard skills = {.skills = true};

static const struct run_request plain;

static void expect(const struct prompt_guard *g, const char *prompt, const char *wanted)
{
  struct buf text = buf_make(KIB);
  buf_add_text(&text, prompt);
  prompt_guard_apply(g, &plain, &text);
  assert_string_equal(buf_cstring(&text), wanted);
  buf_free(&text);
}

static void test_prompt_guard__a_command_has_the_front_before_it(void **state)
{
  (void)state;
  expect(&first, "/clear", "\n/clear");
  expect(&first, " /clear", " /clear");
  expect(&first, "a /clear", "a /clear");
  expect(&first, "$x", "$x");
  expect(&first, "", "");
  expect(&blanks, "$x", "User: $x");
  expect(&blanks, " \t\r\n/x", "User:  \t\r\n/x");
  expect(&blanks, "\xef\xbb\xbf\xc2\xa0\xe2\x80\x83\xe3\x80\x80/x",
         "User: \xef\xbb\xbf\xc2\xa0\xe2\x80\x83\xe3\x80\x80/x");
  expect(&blanks, " \n", " \n");
  expect(&blanks, "\xc3\xa9/x", "\xc3\xa9/x");
  expect(&blanks, "\xe2\x80\xa6/x", "\xe2\x80\xa6/x"); /* an ellipsis is no blank */
}

static void test_prompt_guard__a_front_apart_is_the_callers(void **state)
{
  struct prompt_guard apart = blanks;
  (void)state;
  apart.apart = true;
  expect(&apart, " /x", " /x");
  assert_true(prompt_guard_wants_front(&apart, &plain, SPAN_LITERAL(" /x")));
  assert_false(prompt_guard_wants_front(&apart, &plain, SPAN_LITERAL("x/")));
  assert_false(prompt_guard_wants_front(&apart, &plain, SPAN_LITERAL("\0")));
  assert_false(prompt_guard_wants_front(&skills, &plain, SPAN_LITERAL("/x")));
}

static void test_prompt_guard__a_mention_of_a_file_gets_a_joiner(void **state)
{
  (void)state;
  expect(&mentions, "@a", "@" WJ "a");
  expect(&mentions, "see @a, (@b) @ c", "see @" WJ "a, (@" WJ "b) @" WJ " c");
  expect(&mentions, "bob@example.org", "bob@example.org");
  expect(&mentions, "\xc3\xa9@a", "\xc3\xa9@" WJ "a");
  expect(&everywhere, "bob@example.org", "bob@" WJ "example.org");
  expect(&skills, "@a", "@a");
}

static void test_prompt_guard__a_skill_gets_a_joiner_and_a_price_does_not(void **state)
{
  (void)state;
  expect(&skills, "$a and x$b-c", "$" WJ "a and x$" WJ "b-c");
  expect(&skills, "$_a $-a $:a $1a", "$" WJ "_a $" WJ "-a $" WJ ":a $" WJ "1a");
  expect(&skills, "$5, $100.50 $ $", "$5, $100.50 $ $");
  expect(&skills, "$10-fold", "$" WJ "10-fold");
  expect(&mentions, "$a", "$a");
}

static void test_prompt_guard__commands_that_are_wanted_stay(void **state)
{
  static const struct prompt_guard all = {
      .commands = "/", .front = "x", .mentions = MENTIONS_EVERYWHERE, .skills = true};
  const struct run_request wanted = {.harness_options = {.prompt_commands = true}};
  struct buf text = buf_make(KIB);
  (void)state;
  buf_add_text(&text, "/a @b $c");
  prompt_guard_apply(&all, &wanted, &text);
  assert_string_equal(buf_cstring(&text), "/a @b $c");
  assert_false(prompt_guard_wants_front(&all, &wanted, buf_span(&text)));
  prompt_guard_apply(&all, &plain, &text);
  assert_string_equal(buf_cstring(&text), "x/a @" WJ "b $" WJ "c");
  buf_free(&text);
}

static void test_prompt_guard__no_room_is_an_overflow(void **state)
{
  struct buf text = buf_make(2);
  (void)state;
  buf_add_text(&text, "/a");
  prompt_guard_apply(&first, &plain, &text);
  assert_true(text.overflowed);
  buf_free(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_prompt_guard__a_command_has_the_front_before_it),
      cmocka_unit_test(test_prompt_guard__a_front_apart_is_the_callers),
      cmocka_unit_test(test_prompt_guard__a_mention_of_a_file_gets_a_joiner),
      cmocka_unit_test(test_prompt_guard__a_skill_gets_a_joiner_and_a_price_does_not),
      cmocka_unit_test(test_prompt_guard__commands_that_are_wanted_stay),
      cmocka_unit_test(test_prompt_guard__no_room_is_an_overflow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
