/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"

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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ids__tokens_are_hex_and_differ),
      cmocka_unit_test(test_ids__fresh_has_its_prefix),
      cmocka_unit_test(test_ids__path_segments_are_safe_and_tell_ids_apart),
      cmocka_unit_test(test_ids__long_segments_are_cut_and_hashed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
