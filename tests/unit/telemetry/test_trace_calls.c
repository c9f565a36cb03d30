/* SPDX-License-Identifier: MIT */
#include "telemetry/trace_calls.h"

#include "told_spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_trace_calls__a_host_tool_has_the_id_of_the_call_with_its_arguments(void **state)
{
  (void)state;
  struct told t;
  struct run_trace_setup setup = usual(&t);
  char parent[TRACE_PARENT_BYTES + 1];
  begin(&t, &setup);
  call(&t, TOOL_HOST, "f", "\"one\"", "{\"a\":1}", 1020);
  call(&t, TOOL_HOST, "f", "\"two\"", "{\"a\":2}", 1021);
  call(&t, TOOL_NATIVE, "f", "\"three\"", "{ \"a\" : 3}", 1022);
  struct run_trace_call *two =
      trace_call_begin(t.trace, 1030, SPAN_LITERAL("f"), SPAN_LITERAL("own2"),
                       SPAN_LITERAL("{ \"a\" : 2 }"));
  struct run_trace_call *other = trace_call_begin(
      t.trace, 1031, SPAN_LITERAL("f"), SPAN_LITERAL("own1"), SPAN_LITERAL("{}"));
  struct run_trace_call *third = trace_call_begin(
      t.trace, 1032, SPAN_LITERAL("f"), SPAN_LITERAL("own3"), SPAN_LITERAL("{}"));
  run_trace_put_parent(t.trace, two, parent);
  trace_call_end(t.trace, two, 1040, NULL, SPAN_LITERAL("1"));
  trace_call_end(t.trace, other, 1041, "failed", SPAN_LITERAL("1"));
  trace_call_end(t.trace, third, 1042, "cancelled", SPAN_LITERAL("1"));
  assert_int_equal(t.count, 2); /* the third waits to be told */
  expect(&t, 0, "execute_tool f", "1030-1040", TEXT("gen_ai.tool.call.id", "two"));
  expect(&t, 0, "execute_tool f", "1030-1040", TEXT("runlet.call.id", "own2"));
  expect(&t, 1, "execute_tool f", "1031-1041", TEXT("gen_ai.tool.call.id", "one"));
  assert_int_equal(strlen(parent), TRACE_PARENT_BYTES);
  assert_non_null(strstr(parent, "00-" ID "-"));
  parent[52] = 0;
  assert_non_null(strstr(t.spans[0].at, parent + 36));
  result(&t, "\"two\"", "x", false, 1050); /* its span is told */
  assert_int_equal(t.count, 3);
  expect(&t, 2, "chat m", "1010-1022", "");
  finish(&t, NULL, 1060);
  assert_int_equal(t.count, 5); /* it was not */
  expect(&t, 3, "execute_tool f", "1032-1042", TEXT("gen_ai.tool.call.id", "own3"));
  end(&t);
}

static void test_trace_calls__a_host_tool_may_be_told_after_its_end(void **state)
{
  (void)state;
  struct told t;
  struct run_trace_setup setup = usual(&t);
  setup.content = true;
  begin(&t, &setup);
  for (int i = 0; i < 2; i++) {
    struct run_trace_call *c =
        trace_call_begin(t.trace, 1020 + i, SPAN_LITERAL("f"), SPAN_LITERAL("own"),
                         i ? SPAN_LITERAL("{\"a\":1}") : SPAN_LITERAL("{}"));
    trace_call_end(t.trace, c, 1030 + i, NULL, SPAN_LITERAL("its result"));
  }
  call(&t, TOOL_NATIVE, "f", "\"no\"", "{\"a\":1}", 1040);
  call(&t, TOOL_HOST, "f", "\"yes\"", "{ \"a\": 1 }", 1041);
  assert_int_equal(t.count, 1);
  expect(&t, 0, "execute_tool f", "1021-1031", TEXT("gen_ai.tool.call.id", "yes"));
  expect(&t, 0, "execute_tool f", "1021-1031", "its result");
  for (int i = 0; i < LIMIT_OTLP_UNTOLD; i++) {
    struct run_trace_call *c = trace_call_begin(t.trace, 1050, SPAN_LITERAL("g"),
                                                SPAN_LITERAL("own"), SPAN_LITERAL("{}"));
    trace_call_end(t.trace, c, 1051, NULL, SPAN_LITERAL("1"));
  }
  assert_int_equal(t.count, 2); /* the oldest waits no longer */
  expect(&t, 1, "execute_tool f", "1020-1030", TEXT("gen_ai.tool.call.id", "own"));
  end(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_trace_calls__a_host_tool_has_the_id_of_the_call_with_its_arguments),
      cmocka_unit_test(test_trace_calls__a_host_tool_may_be_told_after_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
