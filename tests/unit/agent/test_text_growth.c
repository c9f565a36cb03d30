/* SPDX-License-Identifier: MIT */
#include "agent/text_growth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_more(struct text_growth *g, const char *id, const char *whole,
                        const char *wanted)
{
  struct span more = text_growth_more(g, span_of(id), span_of(whole));
  if (!span_is(more, wanted))
    fail_msg("got %.*s, wanted %s", (int)more.len, more.at ? more.at : "", wanted);
}

static void test_text_growth__tells_what_lies_beyond(void **state)
{
  struct text_growth g = {0};
  (void)state;
  assert_false(text_growth_knows(&g, SPAN_LITERAL("a")));
  expect_more(&g, "a", "", "");
  assert_true(text_growth_knows(&g, SPAN_LITERAL("a")));
  expect_more(&g, "a", "Hel", "Hel");
  expect_more(&g, "b", "other", "other");
  expect_more(&g, "a", "Hello", "lo");
  expect_more(&g, "a", "Hello", "");
  expect_more(&g, "a", "H", "");
  expect_more(&g, "a", "Hello there", " there");
  text_growth_free(&g);
  assert_false(text_growth_knows(&g, SPAN_LITERAL("a")));
}

static void test_text_growth__one_that_is_whole_is_forgotten(void **state)
{
  struct text_growth g = {0};
  (void)state;
  expect_more(&g, "a", "First.", "First.");
  expect_more(&g, "b", "other", "other");
  text_growth_forget(&g, SPAN_LITERAL("a"));
  text_growth_forget(&g, SPAN_LITERAL("never"));
  assert_false(text_growth_knows(&g, SPAN_LITERAL("a")));
  expect_more(&g, "a", "Next", "Next");
  expect_more(&g, "a", "Next.", ".");
  expect_more(&g, "b", "others", "s");
  text_growth_free(&g);
}

static void test_text_growth__begins_on_a_character(void **state)
{
  struct text_growth g = {0};
  (void)state;
  expect_more(&g, "a", "abc", "abc");
  expect_more(&g, "a", "ab\xc3\xa9z", "z"); /* rewritten: byte 3 is inside of it */
  expect_more(&g, "b", "ab", "ab");
  expect_more(&g, "b", "a\xe2\x9c\x93", "");
  text_growth_free(&g);
}

static void test_text_growth__forgets_the_oldest_first(void **state)
{
  struct text_growth g = {0};
  char id[16];
  (void)state;
  for (unsigned i = 0; i <= TEXT_GROWTH_TEXTS; i++) {
    (void)snprintf(id, sizeof id, "t%u", i);
    expect_more(&g, id, "x", "x");
  }
  assert_false(text_growth_knows(&g, SPAN_LITERAL("t0")));
  assert_true(text_growth_knows(&g, SPAN_LITERAL("t1")));
  expect_more(&g, "t0", "xy", "xy"); /* takes the place of t1 */
  assert_false(text_growth_knows(&g, SPAN_LITERAL("t1")));
  assert_true(text_growth_knows(&g, SPAN_LITERAL("t2")));
  text_growth_free(&g);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text_growth__tells_what_lies_beyond),
      cmocka_unit_test(test_text_growth__one_that_is_whole_is_forgotten),
      cmocka_unit_test(test_text_growth__begins_on_a_character),
      cmocka_unit_test(test_text_growth__forgets_the_oldest_first),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
