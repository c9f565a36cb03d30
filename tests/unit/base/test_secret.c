/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_secret__equal_is_equality(void **state)
{
  (void)state;
  assert_true(secret_equal(span_of("abc"), span_of("abc")));
  assert_false(secret_equal(span_of("abc"), span_of("abd")));
  assert_false(secret_equal(span_of("xbc"), span_of("abc")));
  assert_false(secret_equal(span_of("abc"), span_of("ab")));
  assert_true(secret_equal((struct span){NULL, 0}, span_of("")));
}

static void test_secret__a_bearer_is_scheme_and_whole_token(void **state)
{
  (void)state;
  struct span token = SPAN_LITERAL("secret");
  static const char *const good[] = {"Bearer secret", "bearer secret",
                                     "BEARER   secret "};
  static const char *const bad[] = {
      "",      "Bearer", "Bearer ", "Bearer secre", "Bearer secret2", "Basic secret",
      "secret"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(secret_is_bearer(span_of(good[i]), token));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(secret_is_bearer(span_of(bad[i]), token));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_secret__equal_is_equality),
      cmocka_unit_test(test_secret__a_bearer_is_scheme_and_whole_token),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
