/* SPDX-License-Identifier: MIT */
#include "tool/server_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void wrote(struct buf *out, const char *wanted)
{
  assert_string_equal(buf_cstring(out), wanted);
  buf_clear(out);
}

static void test_server_message__says_what_the_protocol_asks(void **state)
{
  (void)state;
  struct buf out = buf_make(SIZE_MAX);
  server_message_initialize(1, &out);
  assert_non_null(strstr(buf_cstring(&out), "\"id\":1,\"method\":\"initialize\","
                                            "\"params\":{\"protocolVersion\":"));
  buf_clear(&out);
  server_message_initialized(&out);
  wrote(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
  server_message_list(2, (struct span){0}, &out);
  wrote(&out, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}");
  server_message_list(3, SPAN_LITERAL("\"a\\u0041\""), &out);
  wrote(&out, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\","
              "\"params\":{\"cursor\":\"a\\u0041\"}}");
  server_message_call(4, SPAN_LITERAL("{\"name\":\"a \\\"b\",\"args\":{ \"n\":1.0}}"),
                      &out);
  wrote(&out, "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{"
              "\"name\":\"a \\\"b\",\"arguments\":{ \"n\":1.0}}}");
  buf_free(&out);
}

static void reads(const char *text, enum server_message_kind wanted, const char *value)
{
  enum server_message_kind kind;
  struct span got = {0};
  struct fault f = {0};
  if (server_message_read(span_of(text), 7, &kind, &got, &f) < 0)
    fail_msg("%s: %s", text, f.text);
  assert_int_equal(kind, wanted);
  assert_true(span_is(got, value));
}

static void test_server_message__finds_our_answer_among_others(void **state)
{
  (void)state;
  reads("{\"id\":7,\"result\":{ \"a\":1.0}}", SERVER_RESULT, "{ \"a\":1.0}");
  reads("{\"error\":{\"code\":-1},\"id\":7}", SERVER_ERROR, "{\"code\":-1}");
  reads("{\"error\":{\"code\":-1},\"id\":null}", SERVER_ERROR, "{\"code\":-1}");
  reads("{\"error\":{\"code\":-1}}", SERVER_ERROR, "{\"code\":-1}");
  reads("{\"id\":8,\"result\":{}}", SERVER_OTHER, "");
  reads("{\"id\":\"7\",\"result\":{}}", SERVER_OTHER, "");
  reads("{\"id\":8,\"error\":{}}", SERVER_OTHER, "");
  reads("{\"method\":\"notifications/message\"}", SERVER_OTHER, "");
  reads("{\"id\":7,\"method\":\"ping\"}", SERVER_OTHER, "");
}

static void test_server_message__what_is_no_message_is_a_fault(void **state)
{
  (void)state;
  static const char *const rows[] = {"",
                                     "x",
                                     "7",
                                     "[]",
                                     "{\"id\":7}",
                                     "{\"id\":7,\"result\":null}",
                                     "{\"id\":7,\"result\":[]}"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum server_message_kind kind;
    struct span value;
    struct fault f = {0};
    if (server_message_read(span_of(rows[i]), 7, &kind, &value, &f) == 0)
      fail_msg("%s is taken", rows[i]);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
  }
}

static void test_server_message__a_version_is_one_that_a_header_can_have(void **state)
{
  (void)state;
  assert_true(span_is(
      server_message_version(SPAN_LITERAL("{\"protocolVersion\":\"2025-06-18\"}")),
      "2025-06-18"));
  static const char *const rows[] = {"{}", "{\"protocolVersion\":7}",
                                     "{\"protocolVersion\":\"\"}",
                                     "{\"protocolVersion\":\"2025\\r\\n\"}"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(server_message_version(span_of(rows[i])).len, 0);
}

static void test_server_message__puts_the_pages_together(void **state)
{
  (void)state;
  struct buf list = buf_make(SIZE_MAX);
  struct span cursor;
  struct fault f = {0};
  buf_add_char(&list, '[');
  assert_int_equal(server_message_page(SPAN_LITERAL("{\"tools\":[{\"n\":1.0}, 2],"
                                                    "\"nextCursor\":\"c\"}"),
                                       &list, &cursor, &f),
                   2);
  assert_true(span_is(cursor, "\"c\""));
  assert_int_equal(server_message_page(SPAN_LITERAL("{\"tools\":[],\"nextCursor\":null}"),
                                       &list, &cursor, &f),
                   0);
  assert_int_equal(cursor.len, 0);
  assert_int_equal(
      server_message_page(SPAN_LITERAL("{\"tools\":[3]}"), &list, &cursor, &f), 1);
  wrote(&list, "[{\"n\":1.0},2,3");
  assert_int_equal(
      server_message_page(SPAN_LITERAL("{\"tools\":{}}"), &list, &cursor, &f), -1);
  buf_free(&list);
}

static void test_server_message__only_a_wrong_request_certainly_did_not_run(void **state)
{
  (void)state;
  assert_true(server_message_did_not_run(
      SPAN_LITERAL("{\"code\":-32602,\"message\":\"Unknown tool: x\"}")));
  assert_false(server_message_did_not_run(
      SPAN_LITERAL("{\"code\":-32603,\"message\":\"it broke\"}")));
  assert_false(server_message_did_not_run(SPAN_LITERAL("{\"code\":-32602}")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_server_message__says_what_the_protocol_asks),
      cmocka_unit_test(test_server_message__finds_our_answer_among_others),
      cmocka_unit_test(test_server_message__what_is_no_message_is_a_fault),
      cmocka_unit_test(test_server_message__a_version_is_one_that_a_header_can_have),
      cmocka_unit_test(test_server_message__puts_the_pages_together),
      cmocka_unit_test(test_server_message__only_a_wrong_request_certainly_did_not_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
