/* SPDX-License-Identifier: MIT */
/* Through a call: what the orchestrator is sent, and what is made of its answers. */
#include "tool/tool_http.h"

#include "base/clock.h"
#include "base/limits.h"
#include "loopback.h"
#include "tool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_header(const struct tool_fixture *d, const char *line)
{
  if (!strstr(d->host.last_head.at, line))
    fail_msg("no header %s in\n%s", line, d->host.last_head.at);
}

static void test_tool_http__posts_name_and_args_and_nothing_else(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  tool_fixture_start(&d, "{ \"z\":1.0,\"a\":123456789012345678901 }");
  tool_fixture_wait(&d);
  assert_string_equal(
      buf_cstring(&d.host.last_body),
      "{\"name\":\"a \\\"tool\\\"\",\"args\":{ \"z\":1.0,\"a\":123456789012345678901 }}");
  assert_string_equal(buf_cstring(&d.result),
                      "{ \"z\":1.0,\"a\":123456789012345678901 }");
  expect_header(&d, "content-type: application/json\n");
  expect_header(&d, "authorization: Bearer secret\n");
  expect_header(&d, "x-runlet-run-id: run 1__x-evil: 1\n");
  expect_header(&d, "x-runlet-call-id: call-");
  expect_header(&d, "idempotency-key: call-");
  expect_header(&d, "x-runlet-attempt: 1\n");
  expect_header(&d, "traceparent: 00-aa-bb-01\n");
  assert_null(strstr(d.host.last_head.at, "\nx-evil"));
  tool_fixture_close(&d);
}

static void *own_parent(void *who, struct span name, struct span id,
                        struct span args_json, char traceparent[TOOL_TRACEPARENT_BYTES])
{
  (void)who, (void)name, (void)id, (void)args_json;
  snprintf(traceparent, TOOL_TRACEPARENT_BYTES, "00-aa-cc-01");
  return NULL;
}

static void test_tool_http__a_call_with_a_span_of_its_own_names_that(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.route.on_begun = own_parent;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  expect_header(&d, "traceparent: 00-aa-cc-01\n");
  assert_null(strstr(d.host.last_head.at, "00-aa-bb-01"));
  tool_fixture_close(&d);
}

static void test_tool_http__a_failed_call_is_a_failure_in_words(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.host.status = 500;
  d.host.body = "{\"error\":\"kaboom\"}";
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_string_equal(buf_cstring(&d.failure),
                      "Tool execution failed: remote tool \"a \"tool\"\" failed: 500 "
                      "{\"error\":\"kaboom\"}");
  tool_fixture_close(&d);
}

static void test_tool_http__what_may_have_arrived_is_never_sent_again(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.host.failures = 1;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  loopback_run_ms(&d.loop, 700);
  assert_int_equal(d.host.requests, 1);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  tool_fixture_close(&d);
}

static void
test_tool_http__a_kept_connection_that_dies_does_not_repeat_the_call(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  d.answers = 0;
  d.host.failures = 1; /* reads the second call whole, then hangs up */
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  loopback_run_ms(&d.loop, 700);
  assert_int_equal(d.host.requests, 2);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  tool_fixture_close(&d);
}

static void test_tool_http__what_never_left_is_tried_three_times(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.source.url = SPAN_LITERAL("http://127.0.0.1:1/none"); /* nobody listens there */
  unsigned long long begun = clock_ticks_ms();
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  unsigned long long took = clock_ticks_ms() - begun;
  assert_true(took >= 480 && took < 5000); /* 100 and 400 ms between them */
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  tool_fixture_close(&d);
}

static void
test_tool_http__a_pending_answer_is_asked_for_again_with_the_same_id(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.host.body = "{\"pending\":true,\"retryAfterMs\":60}";
  tool_fixture_start(&d, "{}");
  host_wait_requests(&d.host, 3);
  d.host.body = "{\"result\":\"approved\"}";
  tool_fixture_wait(&d);
  assert_string_equal(buf_cstring(&d.result), "\"approved\"");
  char id[64] = "";
  unsigned attempt = 0, lines = 0;
  for (char *at = d.host.attempts.at; *at; at = strchr(at, '\n') + 1) {
    char other[64];
    assert_int_equal(sscanf(at, "%63s %u", other, &attempt), 2);
    if (id[0])
      assert_string_equal(other, id);
    snprintf(id, sizeof id, "%s", other);
    assert_int_equal(attempt, ++lines);
  }
  assert_true(lines >= 4);
  tool_fixture_close(&d);
}

static void test_tool_http__pending_ends_at_the_deadline(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.route.timeout_ms = 300;
  d.host.status = 202;
  d.host.body = "{\"retryAfterMs\":100}";
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_true(d.host.requests >= 2);
  assert_non_null(strstr(buf_cstring(&d.failure), "pending"));
  tool_fixture_close(&d);
}

static void test_tool_http__a_silent_host_is_given_up_at_the_deadline(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.route.timeout_ms = 200;
  d.host.hold = true;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  host_wait_gone(&d.host, 1);
  assert_int_equal(d.host.requests, 1);
  tool_fixture_close(&d);
}

static void test_tool_http__a_cancel_hangs_up_on_the_host_and_answers_once(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.host.hold = true;
  struct tool_call *c = tool_fixture_start(&d, "{}");
  host_wait_requests(&d.host, 1);
  tool_fixture_cancel(&d, c);
  tool_fixture_cancel(&d, c);
  tool_fixture_wait(&d);
  assert_true(d.cancelled);
  assert_int_equal(d.result.len + d.failure.len, 0);
  host_wait_gone(&d.host, 1);
  tool_fixture_close(&d);
}

static void test_tool_http__a_cancel_between_two_attempts_answers_once(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.host.body = "{\"pending\":true,\"retryAfterMs\":5000}";
  struct tool_call *c = tool_fixture_start(&d, "{}");
  host_wait_requests(&d.host, 1);
  loopback_run_ms(&d.loop, 50);
  tool_fixture_cancel(&d, c);
  tool_fixture_wait(&d);
  assert_true(d.cancelled);
  tool_fixture_close(&d);
}

static void test_tool_http__an_answer_above_the_ceiling_is_a_failure(void **state)
{
  (void)state;
  struct tool_fixture d;
  tool_fixture_open(&d);
  tool_fixture_use(&d, tool_http_claim);
  d.source.answer_ceiling = 100;
  char *body = malloc(2 * KIB);
  memset(body, ' ', 2 * KIB - 1);
  body[2 * KIB - 1] = 0;
  d.host.body = body;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: "));
  tool_fixture_close(&d);
  free(body);
}

static void
test_tool_http__a_url_that_cannot_be_called_is_refused_by_its_field(void **state)
{
  (void)state;
  struct tool_source source = {.url = SPAN_LITERAL("ftp://x/")};
  struct tool_executor executor = {0};
  struct fault f = {0};
  assert_int_equal(tool_http_claim(&source, &executor, &f), -1);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_true(span_starts(span_of(f.text), "run request: toolExecUrl"));
}

#define TEST(name) cmocka_unit_test(test_tool_http__##name)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(posts_name_and_args_and_nothing_else),
      TEST(a_call_with_a_span_of_its_own_names_that),
      TEST(a_failed_call_is_a_failure_in_words),
      TEST(what_may_have_arrived_is_never_sent_again),
      TEST(a_kept_connection_that_dies_does_not_repeat_the_call),
      TEST(what_never_left_is_tried_three_times),
      TEST(a_pending_answer_is_asked_for_again_with_the_same_id),
      TEST(pending_ends_at_the_deadline),
      TEST(a_silent_host_is_given_up_at_the_deadline),
      TEST(a_cancel_hangs_up_on_the_host_and_answers_once),
      TEST(a_cancel_between_two_attempts_answers_once),
      TEST(an_answer_above_the_ceiling_is_a_failure),
      TEST(a_url_that_cannot_be_called_is_refused_by_its_field),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
