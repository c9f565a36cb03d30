/* SPDX-License-Identifier: MIT */
#include "bridge/mcp_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Reads `text`; the code must be `code`, and then kind and id must be these. */
static void expect(const char *text, int code, enum mcp_kind kind, const char *id)
{
  struct mcp_message m;
  struct fault f = {0};
  int got = mcp_message_read(&m, span_of(text), &f);
  if (got != code)
    fail_msg("%d instead of %d: %s", got, code, text);
  if (code == 0 && m.kind != kind)
    fail_msg("kind %d instead of %d: %s", (int)m.kind, (int)kind, text);
  if (code != 0)
    assert_true(f.text[0] != 0);
  if (!span_is(m.id, id))
    fail_msg("id %.*s instead of %s: %s", (int)m.id.len, m.id.at, id, text);
  mcp_message_free(&m);
}

#define REQUEST(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"ping\"}"

static void test_mcp_message__ids_are_strings_and_whole_numbers_as_sent(void **state)
{
  (void)state;
  static const char *const good[] = {"0",           "-1",
                                     "1",           "\"1\"",
                                     "\"\"",        "9007199254740993",
                                     "1.0",         "1e3",
                                     "\"\\u0061\"", "123456789012345678901234567890"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    char text[200];
    snprintf(text, sizeof text, REQUEST("%s"), good[i]);
    expect(text, 0, MCP_REQUEST, good[i]);
  }
}

static void test_mcp_message__other_ids_are_refused(void **state)
{
  (void)state;
  expect(REQUEST("null"), MCP_INVALID_REQUEST, 0, "");
  expect(REQUEST("1.5"), MCP_INVALID_REQUEST, 0, "");
  expect(REQUEST("true"), MCP_INVALID_REQUEST, 0, "");
  expect(REQUEST("{}"), MCP_INVALID_REQUEST, 0, "");
  expect(REQUEST("[1]"), MCP_INVALID_REQUEST, 0, "");
}

static void test_mcp_message__what_is_no_json_rpc_is_refused_with_its_id(void **state)
{
  (void)state;
  expect("{\"id\":7,\"method\":\"ping\"}", MCP_INVALID_REQUEST, 0, "7");
  expect("{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"ping\"}", MCP_INVALID_REQUEST, 0,
         "7");
  expect("{\"jsonrpc\":2.0,\"id\":7,\"method\":\"ping\"}", MCP_INVALID_REQUEST, 0, "7");
  expect("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":7}", MCP_INVALID_REQUEST, 0, "7");
  expect("{\"jsonrpc\":\"2.0\",\"id\":7}", MCP_INVALID_REQUEST, 0, "7");
  expect("7", MCP_INVALID_REQUEST, 0, "");
  expect("\"text\"", MCP_INVALID_REQUEST, 0, "");
  expect("null", MCP_INVALID_REQUEST, 0, "");
}

static void test_mcp_message__what_is_no_json_is_a_parse_error(void **state)
{
  (void)state;
  expect("", MCP_PARSE_ERROR, 0, "");
  expect("not json", MCP_PARSE_ERROR, 0, "");
  expect("{\"jsonrpc\":\"2.0\"", MCP_PARSE_ERROR, 0, "");
  expect("{\"jsonrpc\":\"2.0\",\"id\":01,\"method\":\"ping\"}", MCP_PARSE_ERROR, 0, "");
  struct mcp_message m;
  struct fault f = {0};
  assert_int_equal(mcp_message_read(&m, (struct span){"{}\0", 3}, &f), MCP_PARSE_ERROR);
  mcp_message_free(&m);
  size_t depth = 100000;
  char *deep = malloc(depth);
  memset(deep, '[', depth);
  assert_int_equal(mcp_message_read(&m, (struct span){deep, depth}, &f), MCP_PARSE_ERROR);
  mcp_message_free(&m);
  free(deep);
}

static void test_mcp_message__a_byte_order_mark_is_skipped(void **state)
{
  (void)state;
  expect("\xef\xbb\xbf" REQUEST("1"), 0, MCP_REQUEST, "1");
  assert_true(mcp_message_is_array(SPAN_LITERAL("\xef\xbb\xbf [1]")));
}

static void test_mcp_message__tells_notifications_and_responses(void **state)
{
  (void)state;
  expect("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", 0,
         MCP_NOTIFICATION, "");
  expect("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}", 0, MCP_RESPONSE, "3");
  expect("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":null}", 0, MCP_RESPONSE, "3");
  expect("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1}}", 0, MCP_RESPONSE, "");
}

static void test_mcp_message__params_are_an_object_or_not_there(void **state)
{
  (void)state;
  static const struct {
    const char *params;
    bool there, odd;
  } rows[] = {{"{}", true, false},
              {"{\"a\":1}", true, false},
              {"null", false, false},
              {"[1]", false, true},
              {"3", false, true}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[200];
    struct mcp_message m;
    struct fault f = {0};
    snprintf(text, sizeof text,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":%s}",
             rows[i].params);
    assert_int_equal(mcp_message_read(&m, span_of(text), &f), 0);
    assert_int_equal(m.params != NULL, rows[i].there);
    assert_int_equal(m.odd_params, rows[i].odd);
    mcp_message_free(&m);
  }
}

static void
test_mcp_message__the_last_duplicate_and_lone_surrogates_are_taken(void **state)
{
  (void)state;
  struct mcp_message m;
  struct fault f = {0};
  struct span text =
      SPAN_LITERAL("{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"a\","
                   "\"method\":\"\\ud83d\\u0000b\"}");
  assert_int_equal(mcp_message_read(&m, text, &f), 0);
  assert_true(span_is(m.id, "2"));
  assert_int_equal(m.method.len, 5);
  assert_memory_equal(m.method.at, "\xed\xa0\xbd\0b", 5);
  mcp_message_free(&m);
}

static void expect_elements(const char *text, const char *joined)
{
  struct span rest = span_of(text), element;
  struct buf got = buf_make(1000);
  while (mcp_message_next(&rest, &element)) {
    buf_add(&got, element);
    buf_add_char(&got, '|');
  }
  assert_string_equal(buf_cstring(&got), joined);
  buf_free(&got);
}

static void test_mcp_message__arrays_are_cut_into_their_elements(void **state)
{
  (void)state;
  expect_elements("[]", "");
  expect_elements(" [ ] ", "");
  expect_elements("[1]", "1|");
  expect_elements("\n[ {\"a\":[1,2]} ,\t\"]}\\\",[\" , [[],{}] ]\n",
                  "{\"a\":[1,2]}|\"]}\\\",[\"|[[],{}]|");
  expect_elements("{\"a\":1}", "");
  expect_elements("[1", "1|"); /* not JSON: nothing is read outside of it */
  expect_elements("[\"\\", "\"\\|");
  assert_false(mcp_message_is_array(SPAN_LITERAL("{\"a\":[]}")));
  assert_false(mcp_message_is_array(SPAN_LITERAL("")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mcp_message__ids_are_strings_and_whole_numbers_as_sent),
      cmocka_unit_test(test_mcp_message__other_ids_are_refused),
      cmocka_unit_test(test_mcp_message__what_is_no_json_rpc_is_refused_with_its_id),
      cmocka_unit_test(test_mcp_message__what_is_no_json_is_a_parse_error),
      cmocka_unit_test(test_mcp_message__a_byte_order_mark_is_skipped),
      cmocka_unit_test(test_mcp_message__tells_notifications_and_responses),
      cmocka_unit_test(test_mcp_message__params_are_an_object_or_not_there),
      cmocka_unit_test(
          test_mcp_message__the_last_duplicate_and_lone_surrogates_are_taken),
      cmocka_unit_test(test_mcp_message__arrays_are_cut_into_their_elements),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
