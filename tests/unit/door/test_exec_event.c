/* SPDX-License-Identifier: MIT */
#include "door/exec/exec_event.h"

#include "base/limits.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct buf out;

static void expect(const char *lines)
{
  assert_string_equal(buf_cstring(&out), lines);
  buf_free(&out);
}

static void put(struct exec_stream *s, const char *bytes)
{
  exec_event_data(s, span_of(bytes), &out);
}

static void test_exec_event__text_is_text(void **state)
{
  (void)state;
  struct exec_stream s = {.name = "stdout"};
  put(&s, "a \"b\"\n");
  put(&s, "");
  exec_event_data_end(&s, &out);
  expect("{\"type\":\"stdout\",\"data\":\"a \\\"b\\\"\\n\"}\n");
}

static void test_exec_event__a_character_is_never_in_two_pieces(void **state)
{
  (void)state;
  struct exec_stream s = {.name = "stderr"};
  put(&s, "x\xe2");
  expect("{\"type\":\"stderr\",\"data\":\"x\"}\n");
  put(&s, "\x82");
  expect("");
  put(&s, "\xac!\xf0\x9f\x98");
  expect("{\"type\":\"stderr\",\"data\":\"\xe2\x82\xac!\"}\n");
  put(&s, "\x80\xc3");
  expect("{\"type\":\"stderr\",\"data\":\"\xf0\x9f\x98\x80\"}\n");
  exec_event_data_end(&s, &out); /* the rest never came */
  expect("{\"type\":\"stderr\",\"base64\":\"ww==\"}\n");
  exec_event_data_end(&s, &out);
  expect("");
}

static void test_exec_event__what_is_no_utf8_keeps_its_bytes(void **state)
{
  (void)state;
  struct exec_stream s = {.name = "stdout"};
  put(&s, "a\xff");
  put(&s, "\x80\x80\x80\x80");
  exec_event_data(&s, (struct span){"\0", 1}, &out);
  expect("{\"type\":\"stdout\",\"base64\":\"Yf8=\"}\n"
         "{\"type\":\"stdout\",\"base64\":\"gICAgA==\"}\n"
         "{\"type\":\"stdout\",\"data\":\"\\u0000\"}\n");
}

static void test_exec_event__the_last_line_says_how_it_ended(void **state)
{
  (void)state;
  struct process_end end = {.status = 3};
  exec_event_exit(&end, false, 12, &out);
  expect("{\"type\":\"exit\",\"code\":3,\"signal\":null,\"timedOut\":false,"
         "\"durationMs\":12}\n");
  end = (struct process_end){.signal = SIGKILL};
  exec_event_exit(&end, true, 5, &out);
  expect("{\"type\":\"exit\",\"code\":null,\"signal\":\"SIGKILL\",\"timedOut\":true,"
         "\"durationMs\":5}\n");
  exec_event_error(SPAN_LITERAL("no \"x\""), &out);
  expect("{\"type\":\"error\",\"message\":\"no \\\"x\\\"\"}\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exec_event__text_is_text),
      cmocka_unit_test(test_exec_event__a_character_is_never_in_two_pieces),
      cmocka_unit_test(test_exec_event__what_is_no_utf8_keeps_its_bytes),
      cmocka_unit_test(test_exec_event__the_last_line_says_how_it_ended),
  };
  out = buf_make(MIB);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
