/* SPDX-License-Identifier: MIT */
#include "door/session/session_event.h"

#include "base/limits.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(struct buf *out, const char *line)
{
  assert_string_equal(buf_cstring(out), line);
  buf_free(out);
}

static void test_session_event__data_is_base64_of_any_bytes(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  session_event_data(&out, 0, false, (struct span){"\0\xff\n", 3});
  expect(&out, "{\"type\":\"data\",\"stream\":\"stdout\",\"data\":\"AP8K\"}\n");
  session_event_data(&out, 7, true, SPAN_LITERAL("hi"));
  expect(&out, "{\"seq\":7,\"type\":\"data\",\"stream\":\"stderr\",\"data\":\"aGk=\"}\n");
}

static void test_session_event__an_exit_has_a_code_or_a_signal(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  struct process_end end = {.status = 3};
  session_event_exit(&out, 0, &end);
  expect(&out, "{\"type\":\"exit\",\"code\":3,\"signal\":null}\n");
  end = (struct process_end){.signal = SIGTERM};
  session_event_exit(&out, 2, &end);
  expect(&out, "{\"seq\":2,\"type\":\"exit\",\"code\":null,\"signal\":\"SIGTERM\"}\n");
  end.signal = 63;
  session_event_exit(&out, 0, &end);
  expect(&out, "{\"type\":\"exit\",\"code\":null,\"signal\":\"SIG63\"}\n");
}

static void test_session_event__errors_are_escaped(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  session_event_error(&out, 0, SPAN_LITERAL("a \"b\"\n"));
  expect(&out, "{\"type\":\"error\",\"message\":\"a \\\"b\\\"\\n\"}\n");
  session_event_ack(&out, 1);
  expect(&out, "{\"seq\":1,\"type\":\"shutdownAck\"}\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_event__data_is_base64_of_any_bytes),
      cmocka_unit_test(test_session_event__an_exit_has_a_code_or_a_signal),
      cmocka_unit_test(test_session_event__errors_are_escaped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
