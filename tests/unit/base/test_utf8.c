/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_utf8__knows_valid_from_invalid(void **state)
{
  (void)state;
  static const char *const good[] = {"",
                                     "a",
                                     "\x7f",
                                     "\xc2\x80",
                                     "\xdf\xbf",
                                     "\xe0\xa0\x80",
                                     "\xed\x9f\xbf",
                                     "\xee\x80\x80",
                                     "\xef\xbf\xbf",
                                     "\xf0\x90\x80\x80",
                                     "\xf4\x8f\xbf\xbf"};
  static const char *const bad[] = {"\x80",
                                    "\xbf",
                                    "\xc0\x80",
                                    "\xc1\xbf",
                                    "\xc2",
                                    "\xc2\x41",
                                    "\xe0\x9f\xbf",
                                    "\xe0\xa0",
                                    "\xed\xa0\x80",
                                    "\xed\xbf\xbf",
                                    "\xf0\x8f\xbf\xbf",
                                    "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80",
                                    "\xff",
                                    "\xfe",
                                    "\xf0\x9f\x98"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(utf8_valid(span_of(good[i])));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(utf8_valid(span_of(bad[i])));
  assert_true(utf8_valid((struct span){NULL, 0}));
}

static void test_utf8__finds_the_fault_at_every_offset(void **state)
{
  (void)state;
  char text[100];
  for (size_t at = 0; at < sizeof text; at++) {
    memset(text, 'a', sizeof text);
    text[at] = (char)0xff;
    assert_int_equal(utf8_valid_length((struct span){text, sizeof text}), at);
  }
}

static void repairs(const char *text, const char *to, size_t replaced)
{
  struct buf out = buf_make(1000);
  assert_int_equal(utf8_repair(span_of(text), &out), replaced);
  assert_string_equal(buf_cstring(&out), to);
  assert_true(utf8_valid(buf_span(&out)));
  buf_free(&out);
}

#define FFFD "\xef\xbf\xbd"

/* What new TextDecoder() makes of the same bytes. */
static void test_utf8__repairs_maximal_subparts(void **state)
{
  (void)state;
  repairs("", "", 0);
  repairs("plain \xc3\xa4", "plain \xc3\xa4", 0);
  repairs("a\xe2\x82z", "a" FFFD "z", 1);
  repairs("\xf0\x9f\x98", FFFD, 1);
  repairs("\xf0\x9f\x41", FFFD "A", 1);
  repairs("\xed\xa0\x80", FFFD FFFD FFFD, 3);
  repairs("\xc0\xaf", FFFD FFFD, 2);
  repairs("\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD, 4);
  repairs("\x80\xff", FFFD FFFD, 2);
  repairs("\xe2\xe2\x82\xac", FFFD "\xe2\x82\xac", 1);
}

static void test_utf8__the_first_characters_are_counted_and_not_their_bytes(void **state)
{
  struct span text = SPAN_LITERAL("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
  (void)state;
  assert_int_equal(utf8_first(text, 0).len, 0);
  assert_int_equal(utf8_first(text, 2).len, 3);
  assert_int_equal(utf8_first(text, 4).len, 10);
  assert_int_equal(utf8_first(text, 9).len, text.len);
  assert_int_equal(utf8_first((struct span){0}, 9).len, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_utf8__knows_valid_from_invalid),
      cmocka_unit_test(test_utf8__finds_the_fault_at_every_offset),
      cmocka_unit_test(test_utf8__repairs_maximal_subparts),
      cmocka_unit_test(test_utf8__the_first_characters_are_counted_and_not_their_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
