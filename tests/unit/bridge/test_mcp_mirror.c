/* SPDX-License-Identifier: MIT */
#include "bridge/mcp_mirror.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_plain(const char *value, const char *plain)
{
  struct buf out = buf_make(KIB);
  bool good = mcp_mirror_decode(span_of(value), &out);
  if (good != (plain != NULL))
    fail_msg("%s is taken for %s", value, good ? "valid" : "invalid");
  if (plain)
    assert_string_equal(buf_cstring(&out), plain);
  buf_free(&out);
}

static void test_mcp_mirror__plain_values_mean_themselves(void **state)
{
  (void)state;
  expect_plain("us-west1", "us-west1");
  expect_plain("", "");
  expect_plain("a b\tc", "a b\tc");
  expect_plain("=?base64?", "=?base64?");
  expect_plain("=?base64?=", "=?base64?=");           /* too short to hold both markers */
  expect_plain("=?BASE64?YQ==?=", "=?BASE64?YQ==?="); /* the markers are lower-case */
  expect_plain("=?base64?YQ==", "=?base64?YQ==");
}

static void test_mcp_mirror__base64_means_its_bytes(void **state)
{
  (void)state;
  expect_plain("=?base64?SGVsbG8sIOS4lueVjA==?=", "Hello, \xe4\xb8\x96\xe7\x95\x8c");
  expect_plain("=?base64?IHBhZGRlZCA=?=", " padded ");
  expect_plain("=?base64?bGluZTEKbGluZTI=?=", "line1\nline2");
  expect_plain("=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", "=?base64?literal?=");
  expect_plain("=?base64?"
               "?=",
               "");
}

static void test_mcp_mirror__bad_values_are_refused(void **state)
{
  (void)state;
  expect_plain("caf\xc3\xa9", NULL);
  expect_plain("a\x01", NULL);
  expect_plain("a\x7f", NULL);
  expect_plain("=?base64?SGVsbG8?=", NULL); /* padding is missing */
  expect_plain("=?base64?SGV%bG8=?=", NULL);
  expect_plain("=?base64?SG=sbG8=?=", NULL);
  expect_plain("=?base64?====?=", NULL);
  expect_plain("=?base64?A===?=", NULL);
  expect_plain("=?base64?gIA=?=", NULL); /* not UTF-8 */
}

static struct http_request head_of(struct http_header *headers, size_t count)
{
  return (struct http_request){.headers = headers, .header_count = count};
}

static void test_mcp_mirror__a_header_must_be_there_once_and_match(void **state)
{
  (void)state;
  struct http_header headers[] = {
      {SPAN_LITERAL("MCP-METHOD"), SPAN_LITERAL("tools/call")},
      {SPAN_LITERAL("mcp-name"), SPAN_LITERAL("=?base64?YQ==?=")},
      {SPAN_LITERAL("mcp-name"), SPAN_LITERAL("a")}};
  struct http_request head = head_of(headers, 2);
  struct fault f = {0};
  assert_int_equal(
      mcp_mirror_check(&head, "Mcp-Method", false, SPAN_LITERAL("tools/call"), &f), 0);
  assert_int_equal(
      mcp_mirror_check(&head, "Mcp-Method", false, SPAN_LITERAL("Tools/call"), &f), -1);
  assert_string_equal(f.text, "Header mismatch: Mcp-Method does not match the body");
  assert_int_equal(mcp_mirror_check(&head, "Mcp-Name", true, SPAN_LITERAL("a"), &f), 0);
  assert_int_equal(mcp_mirror_check(&head, "Mcp-Name", false, SPAN_LITERAL("a"), &f), -1);
  head.header_count = 3;
  assert_int_equal(mcp_mirror_check(&head, "Mcp-Name", true, SPAN_LITERAL("a"), &f), -1);
  assert_string_equal(f.text, "Header mismatch: Mcp-Name is given twice");
  assert_int_equal(mcp_mirror_check(&head, "Mcp-None", true, SPAN_LITERAL(""), &f), -1);
  assert_string_equal(f.text, "Header mismatch: Mcp-None is missing");
}

static const char schema[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"region\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"},"
    "\"level\":{\"type\":\"integer\",\"x-mcp-header\":\"Level\"},"
    "\"loud\":{\"type\":\"boolean\",\"x-mcp-header\":\"Loud\"},"
    "\"deep\":{\"type\":\"object\",\"properties\":{\"er\":{\"x-mcp-header\":\"Er\"}}},"
    "\"list\":{\"items\":{\"properties\":{\"no\":{\"x-mcp-header\":\"No\"}}}},"
    "\"odd\":{\"x-mcp-header\":\"two words\"},\"odder\":{\"x-mcp-header\":7}}}";

static int check(const char *args, struct http_header *headers, size_t count)
{
  struct http_request head = head_of(headers, count);
  struct fault f = {0};
  int r = mcp_mirror_check_params(&head, span_of(schema), span_of(args), &f);
  if (r < 0)
    assert_true(!strncmp(f.text, "Header mismatch: Mcp-Param-", 27));
  return r;
}

static void test_mcp_mirror__parameters_are_compared_by_their_kind(void **state)
{
  (void)state;
  struct http_header headers[] = {
      {SPAN_LITERAL("Mcp-Param-Region"), SPAN_LITERAL("us")},
      {SPAN_LITERAL("mcp-param-level"), SPAN_LITERAL("42.0")},
      {SPAN_LITERAL("mcp-param-loud"), SPAN_LITERAL("true")},
      {SPAN_LITERAL("mcp-param-er"), SPAN_LITERAL("=?base64?w6k=?=")}};
  static const char all[] =
      "{\"region\":\"us\",\"level\":42,\"loud\":true,\"deep\":{\"er\":\"\xc3\xa9\"}}";
  assert_int_equal(check(all, headers, 4), 0);
  assert_int_equal(check(all, headers, 3), -1); /* in the body, not in the head */
  headers[1].value = SPAN_LITERAL("43");
  assert_int_equal(check(all, headers, 4), -1);
  headers[1].value = SPAN_LITERAL("42");
  headers[2].value = SPAN_LITERAL("false");
  assert_int_equal(check(all, headers, 4), -1);
}

static void test_mcp_mirror__absent_and_null_parameters_have_no_header(void **state)
{
  (void)state;
  struct http_header headers[] = {{SPAN_LITERAL("Mcp-Param-Region"), SPAN_LITERAL("us")}};
  assert_int_equal(check("{}", NULL, 0), 0);
  assert_int_equal(check("{\"region\":null,\"deep\":null,\"other\":1}", NULL, 0), 0);
  assert_int_equal(check("{}", headers, 1), -1);
}

static void test_mcp_mirror__annotations_elsewhere_are_none(void **state)
{
  (void)state;
  assert_int_equal(
      check("{\"list\":[{\"no\":\"x\"}],\"odd\":\"x\",\"odder\":\"x\"}", NULL, 0), 0);
}

static void test_mcp_mirror__other_schemas_cost_nothing(void **state)
{
  (void)state;
  struct http_request head = {0};
  struct fault f = {0};
  assert_int_equal(
      mcp_mirror_check_params(&head, SPAN_LITERAL("{}"), SPAN_LITERAL("no JSON"), &f), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mcp_mirror__plain_values_mean_themselves),
      cmocka_unit_test(test_mcp_mirror__base64_means_its_bytes),
      cmocka_unit_test(test_mcp_mirror__bad_values_are_refused),
      cmocka_unit_test(test_mcp_mirror__a_header_must_be_there_once_and_match),
      cmocka_unit_test(test_mcp_mirror__parameters_are_compared_by_their_kind),
      cmocka_unit_test(test_mcp_mirror__absent_and_null_parameters_have_no_header),
      cmocka_unit_test(test_mcp_mirror__annotations_elsewhere_are_none),
      cmocka_unit_test(test_mcp_mirror__other_schemas_cost_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
