/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_buf__is_nul_ended_as_soon_as_it_holds_anything(void **state)
{
  (void)state;
  struct buf b = buf_make(1000);
  assert_null(b.at);
  assert_string_equal(buf_cstring(&b), "");
  for (int i = 0; i < 200; i++) {
    buf_add_char(&b, 'x');
    assert_int_equal(b.at[b.len], 0);
  }
  buf_add_text(&b, "yz");
  buf_add_text(&b, NULL);
  assert_int_equal(b.len, 202);
  assert_string_equal(b.at + 200, "yz");
  buf_free(&b);
  assert_int_equal(b.ceiling, 1000);
  assert_null(b.at);
}

static void test_buf__passing_the_ceiling_drops_that_append_whole(void **state)
{
  (void)state;
  struct buf b = buf_make(10);
  buf_add_text(&b, "0123456789");
  assert_false(b.overflowed);
  buf_add_char(&b, 'x');
  assert_true(b.overflowed);
  assert_string_equal(b.at, "0123456789");
  buf_clear(&b);
  assert_false(b.overflowed);
  assert_string_equal(buf_cstring(&b), "");
  buf_add_text(&b, "01234567890");
  assert_true(b.overflowed);
  assert_int_equal(b.len, 0);
  buf_free(&b);
  struct buf none = {0};
  buf_add_char(&none, 'x');
  assert_true(none.overflowed);
  buf_free(&none);
}

static void test_buf__addf_prints_short_and_long(void **state)
{
  (void)state;
  struct buf b = buf_make(2000);
  buf_addf(&b, "%d-%s", 7, "x");
  assert_string_equal(b.at, "7-x");
  buf_addf(&b, "%1000d", 5);
  assert_int_equal(b.len, 1003);
  assert_string_equal(b.at + 1000, "  5");
  buf_addf(&b, "%1000d", 5);
  assert_true(b.overflowed);
  assert_int_equal(b.len, 1003);
  buf_free(&b);
}

static void test_buf__add_number_writes_any(void **state)
{
  (void)state;
  static const long long numbers[] = {0, 7, -7, 10, LLONG_MAX, LLONG_MIN};
  struct buf b = buf_make(100);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    char wanted[32];
    snprintf(wanted, sizeof wanted, "%lld", numbers[i]);
    buf_add_number(&b, numbers[i]);
    assert_string_equal(b.at, wanted);
    buf_clear(&b);
  }
  buf_free(&b);
}

static void test_buf__reserve_and_grew_write_in_place(void **state)
{
  (void)state;
  struct buf b = buf_make(100);
  char *at = buf_reserve(&b, 50);
  memcpy(at, "hello", 5);
  buf_grew(&b, 5);
  assert_string_equal(b.at, "hello");
  assert_null(buf_reserve(&b, 96));
  assert_true(b.overflowed);
  assert_non_null(buf_reserve(&b, 95));
  assert_string_equal(b.at, "hello");
  buf_free(&b);
}

static void test_buf__drop_front_and_take(void **state)
{
  (void)state;
  struct buf b = buf_make(100);
  buf_drop_front(&b, 0);
  buf_add_text(&b, "abcdef");
  buf_drop_front(&b, 2);
  assert_string_equal(b.at, "cdef");
  struct buf taken = buf_take(&b);
  assert_null(b.at);
  assert_int_equal(b.len, 0);
  assert_int_equal(b.ceiling, 100);
  assert_true(span_is(buf_span(&taken), "cdef"));
  buf_drop_front(&taken, 4);
  assert_string_equal(buf_cstring(&taken), "");
  buf_wipe(&taken);
}

static void test_span__compares(void **state)
{
  (void)state;
  struct span empty = {NULL, 0};
  assert_true(span_is(span_of("abc"), "abc"));
  assert_false(span_is(span_of("abc"), "abcd"));
  assert_true(span_is(empty, ""));
  assert_true(span_equal(empty, span_of("")));
  assert_int_equal(span_of(NULL).len, 0);
  assert_true(span_is_nocase(span_of("Content-TYPE"), "content-type"));
  /* ASCII letters only */
  assert_false(span_is_nocase(span_of("[\xc3\x84"), "{\xc3\xa4"));
  assert_true(span_starts(span_of("abc"), "ab"));
  assert_true(span_starts(empty, ""));
  assert_false(span_starts(span_of("a"), "ab"));
  assert_true(span_is(span_trim(span_of(" \t\r\n a b \v\f")), "a b"));
  assert_int_equal(span_trim(span_of("  ")).len, 0);
  assert_true(span_is(span_after(span_of("abc"), 3), ""));
  char *copy = span_copy((struct span){"ab\0cd", 5});
  assert_memory_equal(copy, "ab\0cd", 6);
  free(copy);
}

static void test_span__numbers_are_strict(void **state)
{
  (void)state;
  unsigned long long n = 1;
  assert_true(span_to_number(span_of("0"), 0, 9, &n) && n == 0);
  assert_true(span_to_number(span_of("007"), 0, 9, &n) && n == 7);
  assert_true(span_to_number(span_of("18446744073709551615"), 0, UINT64_MAX, &n) &&
              n == UINT64_MAX);
  static const char *const bad[] = {"",
                                    "+1",
                                    "-1",
                                    " 1",
                                    "1 ",
                                    "90s",
                                    "0x1",
                                    "1.0",
                                    "10",
                                    "18446744073709551616",
                                    "18446744073709551617"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(span_to_number(span_of(bad[i]), 0, 9, &n));
  assert_false(span_to_number(span_of("18446744073709551616"), 0, UINT64_MAX, &n));
  assert_false(span_to_number(span_of("4"), 5, 9, &n));
}

static void test_span__cut_does_not_end_inside_a_character(void **state)
{
  (void)state;
  /* a, two bytes, three bytes, four bytes */
  struct span s = span_of("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
  static const size_t lengths[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (size_t most = 0; most < sizeof lengths / sizeof *lengths; most++)
    assert_int_equal(span_cut_utf8(s, most).len, lengths[most]);
  assert_int_equal(span_cut_utf8(span_of("ab\xe2\x82"), 10).len,
                   2); /* its own end counts */
  assert_int_equal(span_cut_utf8(span_of("\x80\x80\x80\x80\x80"), 10).len, 5);
  assert_int_equal(span_cut_utf8((struct span){NULL, 0}, 5).len, 0);
}

static void test_buf__a_tail_keeps_the_last_bytes(void **state)
{
  (void)state;
  struct buf b = buf_make(5);
  const struct {
    const char *more, *kept;
  } rows[] = {{"ab", "ab"},  {"cde", "abcde"},   {"f", "bcdef"},
              {"", "bcdef"}, {"12345", "12345"}, {"xyz123456", "23456"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    buf_add_tail(&b, span_of(rows[i].more));
    assert_string_equal(buf_cstring(&b), rows[i].kept);
    assert_false(b.overflowed);
  }
  buf_free(&b);
}

static void test_span__hash_tells_texts_apart(void **state)
{
  (void)state;
  assert_true(span_hash(SPAN_LITERAL("a")) == span_hash(span_of("a")));
  assert_true(span_hash(SPAN_LITERAL("a")) != span_hash(SPAN_LITERAL("b")));
  assert_true(span_hash(SPAN_LITERAL("a")) != span_hash(SPAN_LITERAL("a ")));
  assert_true(span_hash((struct span){0}) != 0);
  assert_true(span_fnv1a((struct span){0}) == 0xcbf29ce484222325u);
  assert_true(span_fnv1a(SPAN_LITERAL("foobar")) == 0x85944171f73967e8u);
  /* the test vectors of its authors */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_buf__a_tail_keeps_the_last_bytes),
      cmocka_unit_test(test_buf__is_nul_ended_as_soon_as_it_holds_anything),
      cmocka_unit_test(test_buf__passing_the_ceiling_drops_that_append_whole),
      cmocka_unit_test(test_buf__addf_prints_short_and_long),
      cmocka_unit_test(test_buf__add_number_writes_any),
      cmocka_unit_test(test_buf__reserve_and_grew_write_in_place),
      cmocka_unit_test(test_buf__drop_front_and_take),
      cmocka_unit_test(test_span__compares),
      cmocka_unit_test(test_span__numbers_are_strict),
      cmocka_unit_test(test_span__hash_tells_texts_apart),
      cmocka_unit_test(test_span__cut_does_not_end_inside_a_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
