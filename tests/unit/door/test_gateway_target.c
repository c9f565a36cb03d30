/* SPDX-License-Identifier: MIT */
/* Expected values: what node 22 says as pathname and search of new URL(target, base). */
#include "door/gateway/gateway_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
  const char *target, *path, *query;
} cases[] = {
    {"/api/agents/me", "/api/agents/me", ""},
    {"/api/agents/me?a=1&b=%20", "/api/agents/me", "?a=1&b=%20"},
    {"/api/agents/me?", "/api/agents/me", ""},
    {"/", "/", ""},
    {"", "/", ""},
    {"*", "/*", ""},
    {"?q", "/", "?q"},
    {"/a/./b", "/a/b", ""},
    {"/a/../b", "/b", ""},
    {"/a/..", "/", ""},
    {"/a/.", "/a/", ""},
    {"/a/b/..", "/a/", ""},
    {"/..", "/", ""},
    {"/../../x", "/x", ""},
    {"/api/agents/%2e%2E/issues", "/api/issues", ""},
    {"/api/agents/.%2e", "/api/", ""},
    {"/a/%2e/b", "/a/b", ""},
    {"/a/...", "/a/...", ""},
    {"/a/%2e%2e%2e", "/a/%2e%2e%2e", ""},
    {"/a/..b", "/a/..b", ""},
    {"/a\\..\\b", "/b", ""},
    {"/a//b", "/a//b", ""},
    {"/a//..", "/a/", ""},
    {"/a/%2f/b", "/a/%2f/b", ""},
    {"//evil.example/api/x?y", "/api/x", "?y"},
    {"/\\evil.example", "/", ""},
    {"///evil.example/x", "/x", ""},
    {"/a#b?c", "/a", ""},
    {"/a?b#c", "/a", "?b"},
    {"/a?b?c/../d", "/a", "?b?c/../d"},
    {"/a b\"<>`{}", "/a%20b%22%3C%3E%60%7B%7D", ""},
    {"/a?'\"<> x", "/a", "?%27%22%3C%3E%20x"},
    {"/\x7fx", "/%7Fx", ""},
};

static void test_gateway_target__is_read_as_a_url_is(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct gateway_target t;
    struct fault f = {0};
    assert_int_equal(gateway_target_read(span_of(cases[i].target), &t, &f), 0);
    if (strcmp(buf_cstring(&t.path), cases[i].path) != 0 ||
        strcmp(buf_cstring(&t.query), cases[i].query) != 0)
      fail_msg("%s: %s %s", cases[i].target, buf_cstring(&t.path), buf_cstring(&t.query));
    gateway_target_free(&t);
  }
}

static void
test_gateway_target__without_a_host_behind_two_slashes_is_refused(void **state)
{
  (void)state;
  static const char *const wrong[] = {"//", "///", "/\\", "\\\\"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct gateway_target t;
    struct fault f = {0};
    assert_int_equal(gateway_target_read(span_of(wrong[i]), &t, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    gateway_target_free(&t);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gateway_target__is_read_as_a_url_is),
      cmocka_unit_test(test_gateway_target__without_a_host_behind_two_slashes_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
