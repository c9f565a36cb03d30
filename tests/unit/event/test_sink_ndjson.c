/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "event/sink_ndjson.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_sink_ndjson__appends_lines_and_says_how_much_waits(void **state)
{
  struct buf out = buf_make(KIB);
  struct sink_ndjson s = sink_ndjson_make(&out);
  (void)state;
  assert_int_equal(s.sink.put(&s.sink, SPAN_LITERAL("{}\n")), 3);
  assert_int_equal(s.sink.put(&s.sink, SPAN_LITERAL("[]\n")), 6);
  buf_drop_front(&out, 3);
  assert_int_equal(s.sink.put(&s.sink, SPAN_LITERAL("1\n")), 5);
  assert_false(s.ended);
  s.sink.end(&s.sink);
  assert_true(s.ended);
  assert_string_equal(buf_cstring(&out), "[]\n1\n");
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sink_ndjson__appends_lines_and_says_how_much_waits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
