/* SPDX-License-Identifier: MIT */
/* A whole run, with an exporter whose collector is nowhere: what it drops counts. */
#include "run/tracing.h"

#include "http/http_client.h"
#include "io/loop.h"
#include "process/keeper.h"
#include "request/trace.h"
#include "run_fixture.h"
#include "telemetry/otlp_exporter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned long long spans_of(const char *more, const char *parent)
{
  struct run_fixture d;
  struct fault f = {0};
  struct otlp_settings settings;
  char *none[] = {NULL};
  run_fixture_open(&d, "INIT; SAY; echo \"$TRACEPARENT\" >parent; GOOD");
  assert_int_equal(otlp_settings_read("http://127.0.0.1:1", none, &settings, &f), 0);
  struct otlp_exporter *x =
      otlp_exporter_open(d.settings.loop, d.settings.client, &settings);
  d.settings.traces = x;
  struct run_request *req = run_fixture_request(more);
  trace_take(req, span_of(parent), (struct span){0});
  struct run *r = run_new(&d.settings, req, &f);
  assert_non_null(r);
  run_start(r, &d.sink.sink, run_fixture_over, &d);
  run_fixture_wait(&d, 1);
  run_fixture_check(&d);
  otlp_exporter_end(x);
  loop_run(d.settings.loop);
  struct otlp_counts counts = otlp_exporter_counts(x);
  assert_int_equal(counts.sent, 0);
  otlp_exporter_close(x);
  run_fixture_close(&d);
  otlp_settings_free(&settings);
  return counts.dropped;
}

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"

static void test_tracing__a_run_that_is_not_sampled_has_no_spans(void **state)
{
  (void)state;
  assert_int_equal(spans_of("", ""), 2); /* the run, a turn */
  assert_int_equal(spans_of("", PARENT "01"), 2);
  assert_int_equal(spans_of("", PARENT "0b"), 2);
  assert_int_equal(spans_of("", PARENT "00"), 0);
  assert_int_equal(spans_of("", PARENT "0a"), 0);
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tracing__a_run_that_is_not_sampled_has_no_spans),
  };
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
