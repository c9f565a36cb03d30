/* SPDX-License-Identifier: MIT */
/* What it does with a collector of every temper: nobody waits, and all is counted. */
#include "telemetry/otlp_exporter.h"

#include "base/limits.h"
#include "host.h"
#include "io/loop.h"
#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct stand {
  uv_loop_t loop;
  struct host host;
  struct otlp_settings settings;
  struct otlp_exporter *exporter;
  unsigned long long sent, dropped; /* waited for */
};

static void open_stand(struct stand *d)
{
  char *env[] = {(char *)"OTEL_EXPORTER_OTLP_HEADERS=k=v", NULL};
  struct fault f = {0};
  *d = (struct stand){0};
  assert_int_equal(uv_loop_init(&d->loop), 0);
  host_open(&d->host, &d->loop);
  d->host.body = "{}";
  assert_int_equal(otlp_settings_read(d->host.url, env, &d->settings, &f), 0);
  d->exporter = otlp_exporter_open(&d->loop, d->host.client, &d->settings);
}

static void close_stand(struct stand *d)
{
  otlp_exporter_close(d->exporter);
  host_close(&d->host);
  loopback_loop_close(&d->loop);
  otlp_settings_free(&d->settings);
}

static bool is_counted(void *who)
{
  const struct stand *d = who;
  struct otlp_counts now = otlp_exporter_counts(d->exporter);
  return now.sent == d->sent && now.dropped == d->dropped;
}

static void wait_counts(struct stand *d, unsigned long long sent,
                        unsigned long long dropped)
{
  d->sent = sent;
  d->dropped = dropped;
  loopback_wait(&d->loop, is_counted, d);
}

static void test_otlp_exporter__spans_of_a_moment_leave_in_one_post(void **state)
{
  (void)state;
  struct stand d;
  open_stand(&d);
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{\"a\":1}"));
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{\"a\":2}"));
  wait_counts(&d, 2, 0);
  assert_int_equal(d.host.requests, 1);
  assert_non_null(
      strstr(buf_cstring(&d.host.last_body), "\"spans\":[{\"a\":1},{\"a\":2}]}]}]}"));
  assert_non_null(strstr(buf_cstring(&d.host.last_head), "k: v\n"));
  d.host.body = "{\"partialSuccess\":{\"rejectedSpans\":\"1\"}}";
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{}"));
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{}"));
  wait_counts(&d, 3, 1);
  d.host.body = "{\"partialSuccess\":{\"rejectedSpans\":7}}"; /* more than there were */
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{}"));
  wait_counts(&d, 4, 1);
  close_stand(&d);
}

static void
test_otlp_exporter__what_may_come_again_does_and_the_rest_is_dropped(void **state)
{
  (void)state;
  struct stand d;
  open_stand(&d);
  d.host.status = 400;
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{}"));
  wait_counts(&d, 0, 1);
  assert_int_equal(d.host.requests, 1);
  d.host.status = 503;
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{}"));
  host_wait_requests(&d.host, 2);
  d.host.status = 200;
  wait_counts(&d, 1, 1);
  assert_int_equal(d.host.requests, 3);
  close_stand(&d);
}

static void test_otlp_exporter__a_full_queue_drops_and_the_end_is_bounded(void **state)
{
  (void)state;
  struct stand d;
  struct buf big = buf_make(MIB);
  open_stand(&d);
  d.host.hold = true;
  buf_add_char(&big, '"');
  while (big.len < 300 * KIB)
    buf_add_char(&big, 'x');
  buf_add_char(&big, '"');
  otlp_exporter_add(d.exporter, buf_span(&big)); /* so large that it leaves at once */
  host_wait_requests(&d.host, 1);
  for (int i = 0; i < 4; i++)
    otlp_exporter_add(d.exporter, buf_span(&big));
  assert_int_equal(otlp_exporter_counts(d.exporter).dropped, 1);
  otlp_exporter_end(d.exporter);
  otlp_exporter_end(d.exporter);
  wait_counts(&d, 0, 5);
  buf_free(&big);
  close_stand(&d);
}

static void test_otlp_exporter__the_end_sends_what_waits(void **state)
{
  (void)state;
  struct stand d;
  open_stand(&d);
  otlp_exporter_end(NULL);
  otlp_exporter_close(NULL);
  assert_int_equal(otlp_exporter_counts(NULL).sent, 0);
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{}"));
  otlp_exporter_end(d.exporter);
  wait_counts(&d, 1, 0);
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{}")); /* of a run that ends later */
  wait_counts(&d, 2, 0);
  d.host.hold = true;
  otlp_exporter_add(d.exporter, SPAN_LITERAL("{}"));
  host_wait_requests(&d.host, 3);
  close_stand(&d); /* under way */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_otlp_exporter__spans_of_a_moment_leave_in_one_post),
      cmocka_unit_test(
          test_otlp_exporter__what_may_come_again_does_and_the_rest_is_dropped),
      cmocka_unit_test(test_otlp_exporter__a_full_queue_drops_and_the_end_is_bounded),
      cmocka_unit_test(test_otlp_exporter__the_end_sends_what_waits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
