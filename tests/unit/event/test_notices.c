/* SPDX-License-Identifier: MIT */
#include "event/notices.h"

#include "base/clock.h"
#include "base/limits.h"
#include "event/formats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_refused(const char *format, const char *wanted)
{
  struct buf out = buf_make(MIB);
  notice_refused(formats_find(span_of(format)), SPAN_LITERAL("no \"x\""), &out);
  assert_string_equal(buf_cstring(&out), wanted);
  buf_free(&out);
}

static void test_notice_refused__is_what_the_reader_of_a_run_can_read(void **state)
{
  static const char line[] = "{\"type\":\"RUN_ERROR\",\"message\":\"no \\\"x\\\"\","
                             "\"code\":\"bad-request\",\"timestamp\":7}\n";
  (void)state;
  clock_freeze(7);
  expect_refused("", line);
  expect_refused("ag-ui", line);
  expect_refused("pretty", "refused: no \"x\"\n");
  expect_refused("pretty-colour", "\033[31mrefused: no \"x\"\033[0m\n");
  clock_freeze(-1);
}

static void test_notice_gap__says_from_where_to_where(void **state)
{
  static const char *const formats[] = {"tanstack", "ag-ui"};
  (void)state;
  clock_freeze(7);
  for (size_t i = 0; i < 2; i++) {
    struct buf out = buf_make(MIB);
    notice_gap(formats_find(span_of(formats[i])), 3, 18, &out);
    assert_string_equal(buf_cstring(&out),
                        "{\"type\":\"CUSTOM\",\"timestamp\":7,\"name\":\"runlet.gap\","
                        "\"value\":{\"from\":3,\"to\":18}}\n");
    buf_free(&out);
  }
  clock_freeze(-1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_notice_refused__is_what_the_reader_of_a_run_can_read),
      cmocka_unit_test(test_notice_gap__says_from_where_to_where),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
