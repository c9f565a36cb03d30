/* SPDX-License-Identifier: MIT */
/* That it is the format, a parser of others says in tests/flow. */
#include "door/http/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void has(const struct buf *text, const char *line)
{
  if (!strstr(text->at, line))
    fail_msg("no %s in\n%s", line, text->at);
}

static void test_metrics__adds_what_is_over_and_what_goes_on(void **state)
{
  (void)state;
  struct counters counters = {0};
  struct run_outcome good = {.finished = true, .events = 10, .cpu_ms = 1500};
  struct run_outcome bad = {.code = "od\"d\\\n", .events = 5};
  counters_run(&counters, &good, 1000);
  counters_run(&counters, &bad, 100);
  counters_tool_call(&counters, RUN_TOOL_RESULT, 3);
  counters_tool_call(&counters, RUN_TOOL_RESULT, 60);
  counters_tool_call(&counters, RUN_TOOL_RESULT, 99999999);
  struct metrics m = {.version = "1.2.3",
                      .counters = &counters,
                      .now = {.running = 2,
                              .kept = 3,
                              .readers = 4,
                              .events = 7,
                              .bytes = 50,
                              .spill_bytes = 8,
                              .backlog_bytes = 9},
                      .spans = {.sent = 11, .dropped = 12},
                      .self = {.rss_bytes = 4096, .cpu_s = 0.25, .children_cpu_s = 2}};
  struct buf text = buf_make(1 << 20);
  metrics_write(&m, &text);
  has(&text, "runlet_build_info{version=\"1.2.3\"} 1\n");
  has(&text,
      "# TYPE runlet_runs_total counter\nrunlet_runs_total{outcome=\"finished\"} 1\n");
  has(&text, "runlet_runs_total{outcome=\"od\\\"d\\\\\\n\"} 1\n");
  has(&text, "\nrunlet_runs_running 2\n");
  has(&text, "\nrunlet_events_total 22\n");
  has(&text, "\nrunlet_event_bytes_total 1150\n");
  has(&text, "\nrunlet_readers 4\n");
  has(&text, "\nrunlet_backlog_bytes 9\n");
  has(&text, "\nrunlet_log_spill_bytes 8\n");
  has(&text, "runlet_tool_calls_total{outcome=\"result\"} 3\n");
  has(&text, "_bucket{le=\"0.005\"} 1\n");
  has(&text, "_bucket{le=\"0.05\"} 1\n");
  has(&text, "_bucket{le=\"0.1\"} 2\n");
  has(&text, "_bucket{le=\"1800\"} 2\n");
  has(&text, "_bucket{le=\"+Inf\"} 3\n");
  has(&text, "_sum 100000.062\n");
  has(&text, "_count 3\n");
  has(&text, "runlet_otlp_spans_total{outcome=\"sent\"} 11\n");
  has(&text, "runlet_otlp_spans_total{outcome=\"dropped\"} 12\n");
  has(&text, "\nrunlet_agent_cpu_seconds_total 1.500000\n");
  has(&text, "\nrunlet_children_cpu_seconds_total 2.000000\n");
  has(&text, "\nprocess_cpu_seconds_total 0.250000\n");
  has(&text, "\nprocess_resident_memory_bytes 4096\n");
  buf_free(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_metrics__adds_what_is_over_and_what_goes_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
