/* SPDX-License-Identifier: MIT */
#include "door/http/cors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_cors__an_origin_is_compared_as_a_whole(void **state)
{
  static const char list[] = "https://app.example, http://localhost:3000";
  (void)state;
  assert_true(cors_allows(list, SPAN_LITERAL("https://app.example")));
  assert_true(cors_allows(list, SPAN_LITERAL("http://localhost:3000")));
  assert_false(cors_allows(list, SPAN_LITERAL("http://localhost:30000")));
  assert_false(cors_allows(list, SPAN_LITERAL("http://localhost")));
  assert_false(cors_allows(list, SPAN_LITERAL("http://app.example")));
  assert_false(cors_allows(list, SPAN_LITERAL("null")));
  assert_false(cors_allows(list, (struct span){0}));
  assert_false(cors_allows(NULL, SPAN_LITERAL("https://app.example")));
  assert_true(cors_allows("*", SPAN_LITERAL("null")));
}

static void expect_bad(const char *list, bool has_token, const char *words)
{
  struct fault f = {0};
  assert_int_equal(cors_check(list, has_token, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_non_null(strstr(f.text, words));
}

static void test_cors__what_can_never_match_is_refused_at_the_start(void **state)
{
  struct fault f = {0};
  (void)state;
  assert_int_equal(cors_check(NULL, false, &f), 0);
  assert_int_equal(cors_check("https://a.b,http://[::1]:3", false, &f), 0);
  assert_int_equal(cors_check("*", true, &f), 0);
  expect_bad("*", false, "--allow-origin * without a token");
  expect_bad("https://a.b/", true, "\"https://a.b/\" is no origin");
  expect_bad("https://a.b,a.b", true, "\"a.b\" is no origin");
  expect_bad("https://A.b", true, "is no origin");
  expect_bad("://a", true, "is no origin");
  expect_bad("https://", true, "is no origin");
  expect_bad("https://a,,", true, "\"\" is no origin");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cors__an_origin_is_compared_as_a_whole),
      cmocka_unit_test(test_cors__what_can_never_match_is_refused_at_the_start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
