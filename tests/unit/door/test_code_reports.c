/* SPDX-License-Identifier: MIT */
#include "door/http/code_reports.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "host.h"
#include "loopback.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  uv_loop_t loop;
  struct host host;
  struct callback callback;
  struct code_reports *reports;
  unsigned over;
};

static void fixture_open(struct fixture *t, enum callback_shape shape)
{
  memset(t, 0, sizeof *t);
  log_setup(LOG_SILENT, LOG_TEXT);
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&t->loop);
  host_open(&t->host, &t->loop);
  t->host.body = "{\"status\":\"success\",\"value\":null}";
  t->callback = (struct callback){shape, span_of(t->host.url), SPAN_LITERAL("s"),
                                  SPAN_LITERAL("r")};
  t->reports = code_reports_new(&t->loop, t->host.client, &t->callback);
}

static void fixture_close(struct fixture *t)
{
  host_close(&t->host);
  loopback_loop_close(&t->loop);
}

static void over(void *who)
{
  ((struct fixture *)who)->over++;
}

static bool is_over(void *who)
{
  return ((struct fixture *)who)->over > 0;
}

static void end(struct fixture *t)
{
  code_reports_end(t->reports, SPAN_LITERAL("\"status\":\"completed\""), over, t);
  assert_int_equal(t->over, 0);
  loopback_wait(&t->loop, is_over, t);
  assert_int_equal(t->over, 1);
}

static void say(struct fixture *t, const char *stream, const char *line)
{
  code_reports_line(t->reports, stream, span_of(line));
}

static bool body_has(const struct fixture *t, const char *text)
{
  return strstr(t->host.last_body.at, text) != NULL;
}

static void test_code_reports__lines_of_one_stream_go_out_together(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, CALLBACK_BASE);
  t.host.hold = true;
  say(&t, "stdout", "one");
  say(&t, "stdout", "");
  say(&t, "stdout", "two");
  say(&t, "stderr", "three");
  host_wait_requests(&t.host, 1);
  assert_true(
      body_has(&t, "{\"stream\":\"stdout\",\"line\":\"one\\n\\ntwo\",\"timestamp"));
  loopback_run_ms(&t.loop, 100);
  assert_int_equal(t.host.requests, 1); /* one at a time */
  host_release(&t.host);
  host_wait_requests(&t.host, 2);
  assert_true(body_has(&t, "{\"stream\":\"stderr\",\"line\":\"three\",\"timestamp\":"));
  end(&t);
  assert_int_equal(t.host.requests, 2); /* this shape is not told the end */
  fixture_close(&t);
}

static void
test_code_reports__what_waits_is_bounded_and_what_is_left_out_is_said(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, CALLBACK_BASE);
  t.host.hold = true;
  say(&t, "stdout", "first");
  host_wait_requests(&t.host, 1);
  char line[1001];
  memset(line, 'x', 1000);
  line[1000] = 0;
  for (int i = 0; i < 1000; i++)
    say(&t, "stdout", line);
  host_release(&t.host);
  host_wait_requests(&t.host, 5);
  assert_true(t.host.last_body.len < LIMIT_CODE_TOLD_BYTES + KIB);
  end(&t);
  assert_true(body_has(&t, "lines were not told: the callback is too slow]"));
  assert_true(body_has(&t, "\"stream\":\"stderr\""));
  assert_true(t.host.requests < 8);
  fixture_close(&t);
}

static void test_code_reports__a_url_hears_neither_output_nor_end(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, CALLBACK_URL);
  say(&t, "stdout", "one");
  loopback_run_ms(&t.loop, 60);
  end(&t);
  assert_int_equal(t.host.requests, 0);
  fixture_close(&t);
}

static void test_code_reports__the_end_comes_after_the_output_and_once(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, CALLBACK_CONVEX);
  say(&t, "stdout", "one");
  end(&t);
  assert_int_equal(t.host.requests, 2);
  assert_true(body_has(&t, "runtimeCallbacks:completeRun"));
  assert_true(body_has(&t, "\"status\":\"completed\"}]}"));
  fixture_close(&t);
}

static void test_code_reports__an_end_that_is_not_taken_is_told_three_times(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, CALLBACK_CONVEX);
  t.host.status = 500;
  unsigned long long begun = clock_ticks_ms();
  end(&t);
  assert_true(clock_ticks_ms() - begun >= 590);
  assert_int_equal(t.host.requests, 3);
  fixture_close(&t);
  fixture_open(&t, CALLBACK_CONVEX);
  t.host.failures = 1; /* it may have arrived: hosts take an end once */
  end(&t);
  assert_int_equal(t.host.requests, 2);
  fixture_close(&t);
}

static void test_code_reports__output_that_hangs_does_not_hold_the_end_up(void **state)
{
  (void)state;
  struct fixture t;
  fixture_open(&t, CALLBACK_CONVEX);
  t.host.hold = true;
  say(&t, "stdout", "one");
  host_wait_requests(&t.host, 1);
  say(&t, "stdout", "two");
  code_reports_end(t.reports, SPAN_LITERAL("\"a\":1"), over, &t);
  host_wait_requests(&t.host, 2); /* the end, not "two" */
  assert_true(body_has(&t, "completeRun"));
  host_release(&t.host);
  loopback_wait(&t.loop, is_over, &t);
  fixture_close(&t);
}

static void test_code_reports__dropped_it_says_nothing_more(void **state)
{
  (void)state;
  for (unsigned moment = 0; moment < 3; moment++) {
    struct fixture t;
    fixture_open(&t, CALLBACK_CONVEX);
    t.host.hold = true;
    if (moment > 0)
      say(&t, "stdout", "one");
    if (moment == 1)
      host_wait_requests(&t.host, 1);
    if (moment == 2)
      code_reports_end(t.reports, SPAN_LITERAL("\"a\":1"), over, &t);
    code_reports_drop(t.reports);
    loopback_run_ms(&t.loop, 80);
    assert_int_equal(t.host.requests, moment == 1 ? 1 : 0);
    assert_int_equal(t.over, 0);
    host_release(&t.host);
    fixture_close(&t);
  }
  code_reports_drop(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_code_reports__lines_of_one_stream_go_out_together),
      cmocka_unit_test(
          test_code_reports__what_waits_is_bounded_and_what_is_left_out_is_said),
      cmocka_unit_test(test_code_reports__a_url_hears_neither_output_nor_end),
      cmocka_unit_test(test_code_reports__the_end_comes_after_the_output_and_once),
      cmocka_unit_test(test_code_reports__an_end_that_is_not_taken_is_told_three_times),
      cmocka_unit_test(test_code_reports__output_that_hangs_does_not_hold_the_end_up),
      cmocka_unit_test(test_code_reports__dropped_it_says_nothing_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
