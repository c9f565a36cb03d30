/* SPDX-License-Identifier: MIT */
/* Through a call: what the server is sent, and what is made of its answers. */
#include "tool/tool_server.h"

#include "base/limits.h"
#include "loopback.h"
#include "tool_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct tool_server server;

static void begin(struct tool_fixture *d, const char *body)
{
  tool_fixture_open(d);
  server = (struct tool_server){.url = d->source.url, .token = SPAN_LITERAL("s3cret")};
  d->source.server = &server;
  d->host.body = body;
  tool_fixture_use(d, tool_server_claim);
}

static void test_tool_server__calls_the_tool_once_and_passes_its_result_on(void **state)
{
  (void)state;
  struct tool_fixture d;
  begin(&d, "{\"id\":1,\"result\":{ \"content\":[],\"n\":1.0}}");
  tool_fixture_start(&d, "{ \"z\":123456789012345678901 }");
  tool_fixture_wait(&d);
  assert_string_equal(buf_cstring(&d.host.last_body),
                      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
                      "\"params\":{\"name\":\"a \\\"tool\\\"\",\"arguments\":"
                      "{ \"z\":123456789012345678901 }}}");
  assert_string_equal(buf_cstring(&d.result), "{ \"content\":[],\"n\":1.0}");
  tool_fixture_close(&d);
}

static void fails(const char *body, int status, const char *words)
{
  struct tool_fixture d;
  begin(&d, body);
  d.host.status = status;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  assert_string_equal(buf_cstring(&d.failure), words);
  assert_int_equal(d.host.requests, 1);
  tool_fixture_close(&d);
}

static void test_tool_server__what_went_wrong_is_a_failure_in_words(void **state)
{
  (void)state;
  fails("{\"id\":1,\"error\":{\"code\":-32603,\"message\":\"br\\u00f6ke\"}}", 200,
        "Tool execution failed: remote tool \"a \"tool\"\" failed: -32603 bröke");
  fails("internal error", 500,
        "Tool execution failed: remote tool \"a \"tool\"\" failed: 500 internal error");
  fails("data: {\"id\":9,\"result\":{}}\n\n", 200,
        "Tool execution failed: fetch failed: its answer holds no message");
}

static void test_tool_server__a_wrong_request_is_no_failure_of_the_tool(void **state)
{
  (void)state;
  fails("{\"id\":1,\"error\":{\"code\":-32602,\"message\":\"Unknown tool\"}}", 200, "");
}

static void test_tool_server__what_may_have_arrived_is_never_sent_again(void **state)
{
  (void)state;
  struct tool_fixture d;
  begin(&d, "{}");
  d.host.failures = 1;
  tool_fixture_start(&d, "{}");
  tool_fixture_wait(&d);
  loopback_run_ms(&d.loop, 700);
  assert_int_equal(d.host.requests, 1);
  assert_true(span_starts(buf_span(&d.failure), "Tool execution failed: fetch failed"));
  tool_fixture_close(&d);
}

static void test_tool_server__a_cancel_hangs_up(void **state)
{
  (void)state;
  struct tool_fixture d;
  begin(&d, "{}");
  d.host.hold = true;
  struct tool_call *call = tool_fixture_start(&d, "{}");
  host_wait_requests(&d.host, 1);
  tool_fixture_cancel(&d, call);
  tool_fixture_wait(&d);
  assert_true(d.cancelled);
  host_wait_gone(&d.host, 1);
  tool_fixture_close(&d);
}

static void test_tool_server__is_for_sources_that_have_one_with_a_good_url(void **state)
{
  (void)state;
  struct tool_source source = {.url = SPAN_LITERAL("http://127.0.0.1:1/")};
  struct tool_executor out;
  struct fault f = {0};
  assert_int_equal(tool_server_claim(&source, &out, &f), 0);
  server = (struct tool_server){.url = SPAN_LITERAL("notaurl")};
  source.server = &server;
  assert_int_equal(tool_server_claim(&source, &out, &f), -1);
  assert_true(span_starts(span_of(f.text), "run request: bridge.url: "));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tool_server__calls_the_tool_once_and_passes_its_result_on),
      cmocka_unit_test(test_tool_server__what_went_wrong_is_a_failure_in_words),
      cmocka_unit_test(test_tool_server__a_wrong_request_is_no_failure_of_the_tool),
      cmocka_unit_test(test_tool_server__what_may_have_arrived_is_never_sent_again),
      cmocka_unit_test(test_tool_server__a_cancel_hangs_up),
      cmocka_unit_test(test_tool_server__is_for_sources_that_have_one_with_a_good_url),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
