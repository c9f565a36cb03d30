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

static void test_ids__a_uuid_has_its_hyphens_version_and_variant(void **state)
{
  (void)state;
  char a[37], b[37];
  struct fault f = {0};
  for (int i = 0; i < 64; i++) {
    assert_int_equal(ids_uuid(a, &f), 0);
    assert_int_equal(strlen(a), 36);
    assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
    assert_true(a[8] == '-' && a[13] == '-' && a[18] == '-' && a[23] == '-');
    assert_int_equal(a[14], '4');
    assert_non_null(strchr("89ab", a[19]));
  }
  assert_int_equal(ids_uuid(b, &f), 0);
  assert_string_not_equal(a, b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ids__a_uuid_has_its_hyphens_version_and_variant),
      cmocka_unit_test(test_ids__tokens_are_hex_and_differ),
      cmocka_unit_test(test_ids__fresh_has_its_prefix),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
