/* SPDX-License-Identifier: MIT */
/* That OpenTelemetry's schema reads them says tests/flow/otlp. */
#include "telemetry/otlp_span.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect(const struct otlp_span *s, const char *json)
{
  struct buf out = buf_make(MIB);
  otlp_span_write(s, &out);
  assert_string_equal(buf_cstring(&out), json);
  buf_free(&out);
}

static void
test_otlp_span__numbers_of_64_bits_are_strings_and_times_nanoseconds(void **state)
{
  (void)state;
  const struct otlp_attribute attributes[] = {
      {.key = "t", .type = OTLP_TEXT, .text = SPAN_LITERAL("a\"b")},
      {.key = "no text", .type = OTLP_TEXT},
      {.key = "n", .type = OTLP_NUMBER, .number = 9007199254740993},
      {.key = "zero", .type = OTLP_NUMBER},
      {.key = "no number", .type = OTLP_NUMBER, .number = -1},
      {.key = "d", .type = OTLP_DOUBLE, .text = SPAN_LITERAL("0.25")},
      {.key = "no double", .type = OTLP_DOUBLE},
      {.key = "l", .type = OTLP_LIST, .text = SPAN_LITERAL("stop")}};
  struct otlp_span s = {.trace_id = SPAN_LITERAL("0af7"),
                        .span_id = SPAN_LITERAL("b7ad"),
                        .name = SPAN_LITERAL("setup"),
                        .kind = OTLP_CLIENT,
                        .began_ms = 1700000000123,
                        .ended_ms = 1700000000456,
                        .attributes = attributes,
                        .attribute_count = sizeof attributes / sizeof *attributes};
  expect(&s, "{\"traceId\":\"0af7\",\"spanId\":\"b7ad\",\"flags\":257,\"name\":\"setup\","
             "\"kind\":3,\"startTimeUnixNano\":\"1700000000123000000\","
             "\"endTimeUnixNano\":\"1700000000456000000\",\"attributes\":["
             "{\"key\":\"t\",\"value\":{\"stringValue\":\"a\\\"b\"}},"
             "{\"key\":\"n\",\"value\":{\"intValue\":\"9007199254740993\"}},"
             "{\"key\":\"zero\",\"value\":{\"intValue\":\"0\"}},"
             "{\"key\":\"d\",\"value\":{\"doubleValue\":0.25}},"
             "{\"key\":\"l\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":"
             "\"stop\"}]}}}]}");
}

static void
test_otlp_span__a_failure_has_a_status_and_no_end_is_before_its_beginning(void **state)
{
  (void)state;
  struct otlp_span s = {.trace_id = SPAN_LITERAL("0a"),
                        .span_id = SPAN_LITERAL("b7"),
                        .parent_id = SPAN_LITERAL("c8"),
                        .trace_state = SPAN_LITERAL("a=1"),
                        .name = SPAN_LITERAL("x"),
                        .kind = OTLP_INTERNAL,
                        .parent_is_remote = true,
                        .began_ms = 5,
                        .ended_ms = 4,
                        .failed = true};
#define FRONT                                                                            \
  "{\"traceId\":\"0a\",\"spanId\":\"b7\",\"traceState\":\"a=1\",\"parentSpanId\":"       \
  "\"c8\","                                                                              \
  "\"flags\":769,\"name\":\"x\",\"kind\":1,\"startTimeUnixNano\":\"5000000\","           \
  "\"endTimeUnixNano\":\"5000000\",\"attributes\":[],\"status\":{"
  expect(&s, FRONT "\"code\":2}}");
  s.message = SPAN_LITERAL("why");
  expect(&s, FRONT "\"message\":\"why\",\"code\":2}}");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(
          test_otlp_span__numbers_of_64_bits_are_strings_and_times_nanoseconds),
      cmocka_unit_test(
          test_otlp_span__a_failure_has_a_status_and_no_end_is_before_its_beginning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
