/* SPDX-License-Identifier: MIT */
#include "tool/tool_call.h"

#include "base/ids.h"
#include "base/limits.h"
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
  struct tool_route route;
  unsigned answers;
  bool inside, cancelled; /* inside: of tool_call_start() or _cancel() */
  struct buf result, failure;
};

static void answered(void *who, const struct tool_answer *answer)
{
  struct fixture *d = who;
  assert_false(d->inside);
  d->answers++;
  d->cancelled = answer->cancelled;
  buf_add(&d->result, answer->result);
  buf_add(&d->failure, answer->failure);
}

static void open_fixture(struct fixture *d)
{
  *d = (struct fixture){.result = buf_make(256 * (size_t)MIB), .failure = buf_make(MIB)};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
  host_open(&d->host, &d->loop);
  d->route = (struct tool_route){.loop = &d->loop,
                                 .client = d->host.client,
                                 .url = span_of(d->host.url),
                                 .token = SPAN_LITERAL("secret"),
                                 .run_id = SPAN_LITERAL("run 1\r\nx-evil: 1"),
                                 .traceparent = SPAN_LITERAL("00-aa-bb-01"),
                                 .timeout_ms = 20000,
                                 .answer_ceiling = LIMIT_TOOL_ANSWER_BYTES};
}

static struct tool_call *start(struct fixture *d, const char *args)
{
  d->inside = true;
  struct tool_call *c = tool_call_start(&d->route, SPAN_LITERAL("a \"tool\""), false,
                                        span_of(args), answered, d);
  d->inside = false;
  return c;
}

static bool is_over(void *who)
{
  struct fixture *d = who;
  return d->answers > 0;
}

static void close_fixture(struct fixture *d)
{
  loopback_wait(&d->loop, is_over, d);
  host_close(&d->host);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->answers, 1);
  buf_free(&d->result);
  buf_free(&d->failure);
}

static void wait_answer(struct fixture *d)
{
  loopback_wait(&d->loop, is_over, d);
}

static void expect_header(const struct fixture *d, const char *line)
{
  if (!strstr(d->host.last_head.at, line))
    fail_msg("no header %s in\n%s", line, d->host.last_head.at);
}

static void test_tool_call__posts_name_and_args_and_nothing_else(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  start(&d, "{ \"z\":1.0,\"a\":123456789012345678901 }");
  wait_answer(&d);
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
  close_fixture(&d);
}

static void test_tool_call__a_failed_call_is_a_failure_in_words(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.host.status = 500;
  d.host.body = "{\"error\":\"kaboom\"}";
  start(&d, "{}");
  wait_answer(&d);
  assert_string_equal(buf_cstring(&d.failure),
                      "Tool execution failed: remote tool \"a \"tool\"\" failed: 500 "
                      "{\"error\":\"kaboom\"}");
  close_fixture(&d);
}

static void test_tool_call__what_may_have_arrived_is_never_sent_again(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.host.failures = 1;
  start(&d, "{}");
  wait_answer(&d);
  loopback_run_ms(&d.loop, 700);
  assert_int_equal(d.host.requests, 1);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  close_fixture(&d);
}

static void
test_tool_call__a_kept_connection_that_dies_does_not_repeat_the_call(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  start(&d, "{}");
  wait_answer(&d);
  d.answers = 0;
  d.host.failures = 1; /* reads the second call whole, then hangs up */
  start(&d, "{}");
  wait_answer(&d);
  loopback_run_ms(&d.loop, 700);
  assert_int_equal(d.host.requests, 2);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  close_fixture(&d);
}

static void test_tool_call__what_never_left_is_tried_three_times(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.route.url = SPAN_LITERAL("http://127.0.0.1:1/none"); /* nobody listens there */
  unsigned long long begun = ids_ticks_ms();
  start(&d, "{}");
  wait_answer(&d);
  unsigned long long took = ids_ticks_ms() - begun;
  assert_true(took >= 480 && took < 5000); /* 100 and 400 ms between them */
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  close_fixture(&d);
}

static void
test_tool_call__a_pending_answer_is_asked_for_again_with_the_same_id(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.host.body = "{\"pending\":true,\"retryAfterMs\":60}";
  start(&d, "{}");
  host_wait_requests(&d.host, 3);
  d.host.body = "{\"result\":\"approved\"}";
  wait_answer(&d);
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
  close_fixture(&d);
}

static void test_tool_call__pending_ends_at_the_deadline(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.route.timeout_ms = 300;
  d.host.status = 202;
  d.host.body = "{\"retryAfterMs\":100}";
  start(&d, "{}");
  wait_answer(&d);
  assert_true(d.host.requests >= 2);
  assert_non_null(strstr(buf_cstring(&d.failure), "pending"));
  close_fixture(&d);
}

static void test_tool_call__a_silent_host_is_given_up_at_the_deadline(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.route.timeout_ms = 200;
  d.host.hold = true;
  start(&d, "{}");
  wait_answer(&d);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  host_wait_gone(&d.host, 1);
  assert_int_equal(d.host.requests, 1);
  close_fixture(&d);
}

static void test_tool_call__a_cancel_hangs_up_on_the_host_and_answers_once(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.host.hold = true;
  struct tool_call *c = start(&d, "{}");
  host_wait_requests(&d.host, 1);
  d.inside = true;
  tool_call_cancel(c);
  tool_call_cancel(c);
  d.inside = false;
  wait_answer(&d);
  assert_true(d.cancelled);
  assert_int_equal(d.result.len + d.failure.len, 0);
  host_wait_gone(&d.host, 1);
  close_fixture(&d);
}

static void test_tool_call__a_cancel_between_two_attempts_answers_once(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.host.body = "{\"pending\":true,\"retryAfterMs\":5000}";
  struct tool_call *c = start(&d, "{}");
  host_wait_requests(&d.host, 1);
  loopback_run_ms(&d.loop, 50);
  d.inside = true;
  tool_call_cancel(c);
  d.inside = false;
  wait_answer(&d);
  assert_true(d.cancelled);
  close_fixture(&d);
}

static void test_tool_call__an_answer_above_the_ceiling_is_a_failure(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.route.answer_ceiling = 100;
  char *body = malloc(2 * KIB);
  memset(body, ' ', 2 * KIB - 1);
  body[2 * KIB - 1] = 0;
  d.host.body = body;
  start(&d, "{}");
  wait_answer(&d);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: "));
  close_fixture(&d);
  free(body);
}

/* -- local commands
 * ----------------------------------------------------------------------------- */

static void expect_command(const char *command, const char *result, const char *failure)
{
  struct fixture d;
  static char path[] = "PATH=/usr/bin:/bin";
  char *env[] = {path, NULL};
  open_fixture(&d);
  d.route.command = command;
  d.route.command_env = env;
  start(&d, "{\"n\":1.0}");
  wait_answer(&d);
  assert_string_equal(buf_cstring(&d.result), result);
  assert_string_equal(buf_cstring(&d.failure), failure);
  assert_int_equal(d.host.requests, 0);
  close_fixture(&d);
}

static void
test_tool_call__a_commands_json_is_the_result_and_all_else_a_string(void **state)
{
  (void)state;
  expect_command("cat", "{\"name\":\"a \\\"tool\\\"\",\"args\":{\"n\":1.0}}", "");
  expect_command("echo '  [1, 2.0] '", "[1, 2.0]", "");
  expect_command("echo 12", "12", "");
  expect_command("echo plain \\\"text", "\"plain \\\"text\"", "");
  expect_command("echo '1 2'", "\"1 2\"", "");
  expect_command("echo '1,\"result\":2'", "\"1,\\\"result\\\":2\"", "");
  expect_command("echo '1}'", "\"1}\"", "");
  expect_command("true", "\"\"", "");
  expect_command("printf 'a\\377'", "\"a\xef\xbf\xbd\"", "");
}

static void test_tool_call__a_commands_failure_is_told_in_its_words(void **state)
{
  (void)state;
  expect_command("echo nonsense; echo why not >&2; exit 3", "",
                 "Tool execution failed: why not");
  expect_command("exit 3", "",
                 "Tool execution failed: --tool-command exited with code 3");
  expect_command("kill -9 $$", "",
                 "Tool execution failed: --tool-command was killed by signal 9");
}

static void test_tool_call__a_command_ends_at_its_deadline_or_when_cancelled(void **state)
{
  (void)state;
  struct fixture d;
  open_fixture(&d);
  d.route.command = "sleep 1000";
  d.route.timeout_ms = 200;
  start(&d, "{}");
  wait_answer(&d);
  assert_non_null(strstr(buf_cstring(&d.failure), "200 ms"));
  close_fixture(&d);
  open_fixture(&d);
  d.route.command = "sleep 1000";
  struct tool_call *c = start(&d, "{}");
  d.inside = true;
  tool_call_cancel(c);
  d.inside = false;
  wait_answer(&d);
  assert_true(d.cancelled);
  close_fixture(&d);
}

#define TEST(name) cmocka_unit_test(test_tool_call__##name)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(posts_name_and_args_and_nothing_else),
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
      TEST(a_commands_json_is_the_result_and_all_else_a_string),
      TEST(a_commands_failure_is_told_in_its_words),
      TEST(a_command_ends_at_its_deadline_or_when_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
