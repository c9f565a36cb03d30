/* SPDX-License-Identifier: MIT */
#include "http/curl_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void test_curl_pool__gives_the_same_handle_out_again(void **state)
{
  (void)state;
  struct curl_loop loop = {0};
  struct curl_pool pool = {.loop = &loop};
  CURL *one = curl_pool_take(&pool), *two = curl_pool_take(&pool);
  assert_non_null(one);
  assert_ptr_not_equal(one, two);
  curl_pool_give(&pool, one);
  assert_ptr_equal(curl_pool_take(&pool), one);
  curl_pool_give(&pool, one);
  curl_pool_give(&pool, two);
  assert_int_equal(pool.count, 2);
  curl_pool_empty(&pool);
  assert_int_equal(pool.count, 0);
}

static void test_curl_pool__keeps_no_more_than_its_limit(void **state)
{
  (void)state;
  struct curl_loop loop = {0};
  struct curl_pool pool = {.loop = &loop};
  CURL *many[LIMIT_CLIENT_IDLE_HANDLES + 3];
  size_t count = sizeof many / sizeof *many;
  for (size_t i = 0; i < count; i++)
    many[i] = curl_pool_take(&pool);
  for (size_t i = 0; i < count; i++)
    curl_pool_give(&pool, many[i]);
  assert_int_equal(pool.count, LIMIT_CLIENT_IDLE_HANDLES);
  curl_pool_give(&pool, NULL);
  assert_int_equal(pool.count, LIMIT_CLIENT_IDLE_HANDLES);
  curl_pool_empty(&pool);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_curl_pool__gives_the_same_handle_out_again),
      cmocka_unit_test(test_curl_pool__keeps_no_more_than_its_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
