/* SPDX-License-Identifier: MIT */
#include "base/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_ids__tokens_are_hex_and_differ(void **state)
{
  (void)state;
  char a[65], b[65], none[1];
  struct fault f = {0};
  assert_int_equal(ids_token(a, 32, &f), 0);
  assert_int_equal(ids_token(b, 32, &f), 0);
  assert_int_equal(strlen(a), 64);
  assert_int_equal(strspn(a, "0123456789abcdef"), 64);
  assert_string_not_equal(a, b);
  assert_int_equal(ids_token(none, 0, &f), 0);
  assert_string_equal(none, "");
}

static void test_ids__fresh_has_its_prefix(void **state)
{
  (void)state;
  struct buf b = buf_make(100);
  struct fault f = {0};
  assert_int_equal(ids_fresh(&b, "run", &f), 0);
  assert_int_equal(b.len, 20);
  assert_true(span_starts(buf_span(&b), "run-"));
  buf_free(&b);
}

static void test_ids__equal_constant_time_is_equality(void **state)
{
  (void)state;
  assert_true(ids_equal_constant_time(span_of("abc"), span_of("abc")));
  assert_false(ids_equal_constant_time(span_of("abc"), span_of("abd")));
  assert_false(ids_equal_constant_time(span_of("xbc"), span_of("abc")));
  assert_false(ids_equal_constant_time(span_of("abc"), span_of("ab")));
  assert_true(ids_equal_constant_time((struct span){NULL, 0}, span_of("")));
}

static void segment_is(struct span id, const char *segment)
{
  struct buf b = buf_make(1000);
  ids_path_segment(id, &b);
  assert_string_equal(buf_cstring(&b), segment);
  buf_free(&b);
}

static void test_ids__path_segments_are_safe_and_tell_ids_apart(void **state)
{
  (void)state;
  segment_is(span_of("thread-1.a"), "thread-1.a");
  segment_is(span_of(".."), "_2e.");
  segment_is(span_of("."), "_2e");
  segment_is(span_of("../a b"), "_2e._2fa_20b");
  segment_is(span_of("_2e"), "_5f2e");
  segment_is(SPAN_LITERAL("a\0b"), "a_00b");
  segment_is(span_of("\xc3\xa4"), "_c3_a4");
  segment_is(span_of(""), "_");
}

static void test_ids__long_segments_are_cut_and_hashed(void **state)
{
  (void)state;
  char id[300];
  memset(id, 'a', sizeof id);
  struct buf fits = buf_make(1000), cut = buf_make(1000), other = buf_make(1000);
  ids_path_segment((struct span){id, 200}, &fits);
  assert_int_equal(fits.len, 200);
  assert_null(strchr(fits.at, '-'));
  ids_path_segment((struct span){id, 201}, &cut);
  ids_path_segment((struct span){id, 202}, &other);
  assert_int_equal(cut.len, 200);
  assert_int_equal(cut.at[183], '-');
  assert_string_not_equal(cut.at, other.at);
  buf_clear(&cut);
  memset(id, '/', sizeof id); /* three bytes each: never cut inside of one */
  ids_path_segment((struct span){id, 300}, &cut);
  assert_true(cut.len <= 200 && (cut.len - 17) % 3 == 0);
  buf_free(&fits);
  buf_free(&cut);
  buf_free(&other);
}

static void test_ids__the_clock_can_be_frozen(void **state)
{
  (void)state;
  assert_true(ids_now_ms() > 1600000000000ll);
  ids_freeze_now(0);
  assert_int_equal(ids_now_ms(), 0);
  ids_freeze_now(-1);
  assert_true(ids_now_ms() > 1600000000000ll);
  unsigned long long a = ids_ticks_ms(), b = ids_ticks_ms();
  assert_true(b >= a);
}

static void test_ids__a_bearer_is_scheme_and_whole_token(void **state)
{
  (void)state;
  struct span token = SPAN_LITERAL("secret");
  static const char *const good[] = {"Bearer secret", "bearer secret",
                                     "BEARER   secret "};
  static const char *const bad[] = {
      "",      "Bearer", "Bearer ", "Bearer secre", "Bearer secret2", "Basic secret",
      "secret"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(ids_is_bearer(span_of(good[i]), token));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(ids_is_bearer(span_of(bad[i]), token));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ids__a_bearer_is_scheme_and_whole_token),
      cmocka_unit_test(test_ids__tokens_are_hex_and_differ),
      cmocka_unit_test(test_ids__fresh_has_its_prefix),
      cmocka_unit_test(test_ids__equal_constant_time_is_equality),
      cmocka_unit_test(test_ids__path_segments_are_safe_and_tell_ids_apart),
      cmocka_unit_test(test_ids__long_segments_are_cut_and_hashed),
      cmocka_unit_test(test_ids__the_clock_can_be_frozen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
