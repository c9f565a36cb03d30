/* SPDX-License-Identifier: MIT */
#include "base/path_segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void segment_is(struct span id, const char *segment)
{
  struct buf b = buf_make(1000);
  path_segment_add(&b, id);
  assert_string_equal(buf_cstring(&b), segment);
  buf_free(&b);
}

static void test_path_segment__is_safe_and_tells_ids_apart(void **state)
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

static void test_path_segment__long_ones_are_cut_and_hashed(void **state)
{
  (void)state;
  char id[300];
  memset(id, 'a', sizeof id);
  struct buf fits = buf_make(1000), cut = buf_make(1000), other = buf_make(1000);
  path_segment_add(&fits, (struct span){id, 200});
  assert_int_equal(fits.len, 200);
  assert_null(strchr(fits.at, '-'));
  path_segment_add(&cut, (struct span){id, 201});
  path_segment_add(&other, (struct span){id, 202});
  assert_int_equal(cut.len, 200);
  assert_memory_equal(cut.at + 166, "_-", 2);
  assert_string_not_equal(cut.at, other.at);
  buf_clear(&cut);
  memset(id, '/', sizeof id); /* three bytes each: never cut inside of one */
  path_segment_add(&cut, (struct span){id, 300});
  assert_true(cut.len <= 200 && (cut.len - 34) % 3 == 0);
  buf_free(&fits);
  buf_free(&cut);
  buf_free(&other);
}

static void test_path_segment__of_a_long_id_is_the_same_for_ever(void **state)
{
  (void)state;
  char id[250];
  memset(id, 'a', sizeof id);
  struct buf b = buf_make(1000);
  path_segment_add(&b, (struct span){id, sizeof id});
  assert_string_equal(buf_cstring(&b) + 166, "_-3f3e35e0a775d9b1d5ec2eccca06381c");
  buf_free(&b);
}

/* What a long id became could be spelled by a short one. */
static void test_path_segment__of_no_short_id_is_that_of_a_long_one(void **state)
{
  (void)state;
  char id[250];
  memset(id, 'a', sizeof id);
  struct buf cut = buf_make(1000), again = buf_make(1000);
  path_segment_add(&cut, (struct span){id, sizeof id});
  path_segment_add(&again, buf_span(&cut));
  assert_string_not_equal(cut.at, again.at);
  for (size_t i = 0; i + 1 < again.len;
       i++) /* but at the end of one that is cut itself */
    assert_false(again.at[i] == '_' && again.at[i + 1] == '-' && i != again.len - 34);
  buf_free(&cut);
  buf_free(&again);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_path_segment__is_safe_and_tells_ids_apart),
      cmocka_unit_test(test_path_segment__long_ones_are_cut_and_hashed),
      cmocka_unit_test(test_path_segment__of_a_long_id_is_the_same_for_ever),
      cmocka_unit_test(test_path_segment__of_no_short_id_is_that_of_a_long_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
