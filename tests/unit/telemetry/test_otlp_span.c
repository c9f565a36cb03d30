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

static void expect(struct buf *out, const char *json)
{
  assert_string_equal(buf_cstring(out), json);
  buf_free(out);
}

static void
test_otlp_span__numbers_of_64_bits_are_strings_and_times_nanoseconds(void **state)
{
  (void)state;
  struct buf out = buf_make(MIB);
  struct otlp_span s = {.trace_id = SPAN_LITERAL("0af7"),
                        .span_id = SPAN_LITERAL("b7ad"),
                        .name = SPAN_LITERAL("setup"),
                        .kind = OTLP_CLIENT,
                        .began_ms = 1700000000123,
                        .ended_ms = 1700000000456};
  struct json_writer w = otlp_span_open(&s, &out);
  otlp_put_text(&w, "t", SPAN_LITERAL("a\"b"));
  otlp_put_text(&w, "no text", (struct span){0});
  otlp_put_number(&w, "n", 9007199254740993);
  otlp_put_number(&w, "zero", 0);
  otlp_put_number(&w, "no number", -1);
  otlp_put_double(&w, "d", SPAN_LITERAL("0.25"));
  otlp_put_double(&w, "no double", (struct span){0});
  otlp_put_list(&w, "l", SPAN_LITERAL("stop"));
  otlp_put_list(&w, "no list", (struct span){0});
  otlp_span_close(&w, (struct span){0}, SPAN_LITERAL("all is well"));
  expect(&out,
         "{\"traceId\":\"0af7\",\"spanId\":\"b7ad\",\"flags\":257,\"name\":\"setup\","
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
                        .ended_ms = 4};
#define FRONT                                                                            \
  "{\"traceId\":\"0a\",\"spanId\":\"b7\",\"traceState\":\"a=1\",\"parentSpanId\":"       \
  "\"c8\","                                                                              \
  "\"flags\":769,\"name\":\"x\",\"kind\":1,\"startTimeUnixNano\":\"5000000\","           \
  "\"endTimeUnixNano\":\"5000000\",\"attributes\":[{\"key\":\"error.type\",\"value\":{"  \
  "\"stringValue\":\"e\"}}],\"status\":{"
  for (int i = 0; i < 2; i++) {
    struct buf out = buf_make(MIB);
    struct json_writer w = otlp_span_open(&s, &out);
    otlp_span_close(&w, SPAN_LITERAL("e"), i ? SPAN_LITERAL("why") : (struct span){0});
    expect(&out, i ? FRONT "\"message\":\"why\",\"code\":2}}" : FRONT "\"code\":2}}");
  }
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
