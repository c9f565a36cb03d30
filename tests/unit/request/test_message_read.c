/* SPDX-License-Identifier: MIT */
#include "request/message_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_message_read__takes_a_text_and_when(void **state)
{
  static const struct {
    const char *json, *id, *text;
    bool next;
  } rows[] = {
      {"{\"text\":\"a \\u00e9\"}", "", "a \xc3\xa9", false},
      {"{\"text\":\" x\",\"when\":\"now\",\"more\":[1]}", "", " x", false},
      {"{\"text\":\"x\",\"when\":null,\"messageId\":null}", "", "x", false},
      {"{\"text\":\"x\",\"when\":\"next\",\"messageId\":\"m\"}", "m", "x", true},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct user_message m;
    struct fault f = {0};
    assert_int_equal(message_read(span_of(rows[i].json), &m, &f), 0);
    assert_string_equal(buf_cstring(&m.id), rows[i].id);
    assert_string_equal(buf_cstring(&m.text), rows[i].text);
    assert_int_equal(m.next, rows[i].next);
    user_message_free(&m);
  }
}

static void test_message_read__names_what_is_wrong(void **state)
{
  static const char *const rows[][2] = {
      {"", "the message is not valid JSON"},
      {"[]", "a message must be an object"},
      {"{}", "text must be a string that is not blank"},
      {"{\"text\":\" \\n\"}", "text must be a string that is not blank"},
      {"{\"text\":[\"x\"]}", "text must be a string that is not blank"},
      {"{\"text\":\"x\",\"when\":\"later\"}", "when must be \"now\" or \"next\""},
      {"{\"text\":\"x\",\"when\":true}", "when must be \"now\" or \"next\""},
      {"{\"text\":\"x\",\"messageId\":\"\"}", "messageId must be a string of 1 to"},
      {"{\"text\":\"x\",\"messageId\":1}", "messageId must be a string of 1 to"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct user_message m;
    struct fault f = {0};
    assert_int_equal(message_read(span_of(rows[i][0]), &m, &f), -1);
    assert_int_equal(f.kind, FAULT_BAD_INPUT);
    if (!strstr(f.text, rows[i][1]))
      fail_msg("%s: %s", rows[i][0], f.text);
    user_message_free(&m);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_message_read__takes_a_text_and_when),
      cmocka_unit_test(test_message_read__names_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
