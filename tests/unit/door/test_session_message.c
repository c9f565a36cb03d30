/* SPDX-License-Identifier: MIT */
#include "door/session/session_message.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *text, enum session_message_kind kind, struct span bytes)
{
  enum session_message_kind got = SESSION_OTHER;
  struct buf out = buf_make(KIB);
  struct fault f = {0};
  if (session_message_read(span_of(text), &got, &out, &f) < 0)
    fail_msg("%s: %s", text, f.text);
  assert_int_equal(got, kind);
  assert_true(span_equal(buf_span(&out), bytes));
  buf_free(&out);
}

static void test_session_message__each_type_is_known(void **state)
{
  (void)state;
  const struct span none = {0};
  expect("{\"type\":\"stdin\",\"data\":\"aGkA/w==\"}\n", SESSION_STDIN,
         (struct span){"hi\0\xff", 4});
  expect("{\"type\":\"stdin\",\"data\":\"\"}", SESSION_STDIN, none);
  expect("{\"type\":\"stdinEnd\"}", SESSION_STDIN_END, none);
  expect("{\"type\":\"shutdown\",\"data\":1}", SESSION_SHUTDOWN, none);
  expect("{\"type\":\"later\"}", SESSION_OTHER, none);
  expect("{}", SESSION_OTHER, none);
}

static void test_session_message__what_may_be_half_written_is_a_fault(void **state)
{
  (void)state;
  static const char *const wrong[] = {"",
                                      " \n",
                                      "{",
                                      "{\"type\":\"stdin\",\"da",
                                      "null",
                                      "[]",
                                      "\xff",
                                      "{\"type\":\"stdin\"}",
                                      "{\"type\":\"stdin\",\"data\":7}",
                                      "{\"type\":\"stdin\",\"data\":\"aGk\"}",
                                      "{\"type\":\"stdin\",\"data\":\"a k=\"}"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    enum session_message_kind kind;
    struct buf out = buf_make(KIB);
    struct fault f = {0};
    if (session_message_read(span_of(wrong[i]), &kind, &out, &f) == 0)
      fail_msg("%s was taken", wrong[i]);
    assert_true(f.text[0] != 0);
    buf_free(&out);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_message__each_type_is_known),
      cmocka_unit_test(test_session_message__what_may_be_half_written_is_a_fault),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
