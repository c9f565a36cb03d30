/* SPDX-License-Identifier: MIT */
/* Through a bridge: what an agent sees of a POST that calls tools. */
#include "bridge/mcp_post.h"

#include "base/clock.h"
#include "base/limits.h"
#include "bridge_fixture.h"
#include "quoted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JSON_ONLY "Accept: application/json\r\n"
#define SSE_ONLY  "Accept: text/event-stream\r\n"
#define MODERN_HEADERS                                                                   \
  "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n"  \
  "Mcp-Method: tools/call\r\nMcp-Name: echo\r\n"

static const char modern_call[] =
    "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'echo','_meta':{"
    "'io.modelcontextprotocol/protocolVersion':'2026-07-28',"
    "'io.modelcontextprotocol/clientCapabilities':{}}}}";

/* `id` and `token` are raw JSON. */
static const char *call_with(const char *id, const char *token)
{
  return quoted("{'jsonrpc':'2.0','id':%s,'method':'tools/call','params':"
                "{'name':'echo','_meta':{'progressToken':%s}}}",
                id, token);
}

static const char *cancel(const char *id)
{
  return quoted("{'jsonrpc':'2.0','method':'notifications/cancelled','params':"
                "{'requestId':%s}}",
                id);
}

static unsigned open_calls(struct bridge_fixture *d)
{
  return bridge_facts(d->bridge).open_calls;
}

static bool has_no_calls(void *who)
{
  return open_calls(who) == 0;
}

static void test_mcp_post__accept_decides_what_may_be_sent(void **state)
{
  (void)state;
  static const struct {
    const char *accept;
    bool json, sse;
  } rows[] = {{"application/json, text/event-stream", true, true},
              {"text/event-stream, application/json;q=0.9", true, true},
              {"TEXT/Event-Stream,APPLICATION/json", true, true},
              {"application/json", true, false},
              {"text/event-stream", false, true},
              {"*/*", true, false},
              {"", true, false},
              {"text/html", true, false},
              {"text/event-stream, */*", true, true}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct http_header header = {SPAN_LITERAL("accept"), span_of(rows[i].accept)};
    struct http_request head = {.headers = &header, .header_count = 1};
    struct mcp_post_accepts a = mcp_post_accepts_read(&head);
    if (a.json != rows[i].json || a.sse != rows[i].sse)
      fail_msg("Accept: %s", rows[i].accept);
  }
  struct http_header two[] = {
      {SPAN_LITERAL("accept"), SPAN_LITERAL("text/html")},
      {SPAN_LITERAL("Accept"), SPAN_LITERAL("text/event-stream")}};
  struct http_request head = {.headers = two, .header_count = 2};
  assert_true(mcp_post_accepts_read(&head).sse);
}

static void test_mcp_post__a_quick_result_is_plain_json_with_its_length(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 5000, 0, false);
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
  loopback_wait_text(&agent, bridge_fixture_echoed("7"));
  assert_int_equal(loopback_count(&agent, "content-type: application/json\r\n"), 1);
  assert_int_equal(loopback_count(&agent, "content-length: "), 1);
  assert_int_equal(loopback_count(&agent, "event-stream"), 0);
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
}

static void
test_mcp_post__a_quick_result_is_one_event_for_who_takes_nothing_else(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 5000, 0, false);
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, SSE_ONLY, bridge_fixture_call("7", "echo"));
  loopback_wait_text(&agent, quoted("event: message\ndata: {'jsonrpc':'2.0',%s\n\n",
                                    bridge_fixture_echoed("7")));
  assert_int_equal(loopback_count(&agent, "content-type: text/event-stream\r\n"), 1);
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
}

static void
test_mcp_post__a_slow_result_streams_progress_with_the_tokens_type(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent[2];
  bridge_fixture_open(&d, 30, 30, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent[0]);
  bridge_fixture_connect(&d, &agent[1]);
  bridge_fixture_post(&d, &agent[0], NULL, call_with("1", "5"));
  bridge_fixture_post(&d, &agent[1], NULL, call_with("1", "'5'"));
  loopback_wait_text(&agent[0], quoted("'params':{'progressToken':5,'progress':3}"));
  loopback_wait_text(&agent[1], quoted("'params':{'progressToken':'5','progress':3}"));
  for (int i = 0; i < 2; i++) {
    assert_int_equal(loopback_count(&agent[i], "content-type: text/event-stream\r\n"), 1);
    assert_int_equal(loopback_count(&agent[i], quoted("'progress':1}")), 1);
    assert_int_equal(loopback_count(&agent[i], quoted("'progress':2}")), 1);
    assert_int_equal(loopback_count(&agent[i], quoted("'result'")), 0);
  }
  host_release(&d.host);
  loopback_wait_text(&agent[0], quoted("'result'"));
  loopback_wait_text(&agent[0], "\r\n0\r\n\r\n"); /* the stream ends with the response */
  size_t ticks = loopback_count(&agent[0], quoted("'progress':"));
  loopback_run_ms(&d.loop, 100);
  assert_int_equal(loopback_count(&agent[0], quoted("'progress':")), ticks);
  loopback_close(&agent[0], false);
  loopback_close(&agent[1], false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__without_a_token_comments_show_life(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 30, 30, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
  loopback_wait_text(&agent, "\n: ");
  host_release(&d.host);
  loopback_wait_text(&agent, quoted("%s\n\n", bridge_fixture_echoed("7")));
  assert_int_equal(loopback_count(&agent, "notifications/progress"), 0);
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__a_slow_result_without_sse_is_json_behind_blanks(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 30, 30, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, JSON_ONLY, call_with("7", "1"));
  loopback_wait_text(&agent, "\r\n1\r\n \r\n1\r\n \r\n"); /* two chunks of a blank */
  assert_int_equal(loopback_count(&agent, "content-type: application/json\r\n"), 1);
  host_release(&d.host);
  loopback_wait_text(&agent, "\r\n0\r\n\r\n");
  assert_int_equal(loopback_count(&agent, quoted("'id':7,'result'")), 1);
  assert_int_equal(loopback_count(&agent, "event:"), 0);
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__line_separators_are_escaped_in_events(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 5000, 0, false);
  d.host.body =
      quoted("{'result':\n{'content':\n[],'x':'\xe2\x80\xa8\xe2\x80\xa9\xc2\x85'}}");
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, SSE_ONLY, bridge_fixture_call("1", "mcp"));
  loopback_wait_text(&agent,
                     quoted("'result':{'content': [],'x':'\\u2028\\u2029\\u0085'}}\n\n"));
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__an_array_is_answered_by_an_array(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 5000, 0, false);
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(
      &d, &agent, NULL,
      quoted(
          "[%s,{'jsonrpc':'2.0','method':'x'},{'jsonrpc':'2.0','id':2,'method':'ping'},"
          "{'id':3},%s]",
          bridge_fixture_call("1", "echo"), bridge_fixture_call("4", "echo")));
  loopback_wait_text(
      &agent, quoted("\r\n\r\n[{'jsonrpc':'2.0',%s,{'jsonrpc':'2.0','id':2,'result':{}},",
                     bridge_fixture_echoed("1")));
  assert_int_equal(loopback_count(&agent, quoted("'id':3,'error':{'code':-32600")), 1);
  assert_int_equal(loopback_count(&agent, quoted("%s]", bridge_fixture_echoed("4"))), 1);
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__a_slow_array_streams_each_response_as_it_comes(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 30, 30, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, NULL,
                      quoted("[%s,{'jsonrpc':'2.0','id':2,'method':'ping'}]",
                             bridge_fixture_call("1", "echo")));
  loopback_wait_text(&agent, quoted("data: {'jsonrpc':'2.0','id':2,'result':{}}\n\n"));
  host_release(&d.host);
  loopback_wait_text(&agent,
                     quoted("data: {'jsonrpc':'2.0',%s\n\n", bridge_fixture_echoed("1")));
  loopback_wait_text(&agent, "\r\n0\r\n\r\n");
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
}

/* -- giving up -- */

static void test_mcp_post__a_cancel_ends_the_stream_without_a_response(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent, other;
  bridge_fixture_open(&d, 30, 5000, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_connect(&d, &other);
  bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
  loopback_wait_text(&agent, "event-stream");
  bridge_fixture_post(&d, &other, NULL, cancel("'7'")); /* another id */
  loopback_wait_text(&other, "HTTP/1.1 202 ");
  assert_int_equal(open_calls(&d), 1);
  bridge_fixture_post(&d, &other, NULL, cancel("7"));
  host_wait_gone(&d.host, 1);
  loopback_wait_text(&agent, "\r\n0\r\n\r\n");
  assert_int_equal(loopback_count(&agent, quoted("'id':7")), 0);
  loopback_close(&agent, false);
  loopback_close(&other, false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__a_cancel_before_the_head_ends_the_answer_empty(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent[2], other;
  bridge_fixture_open(&d, 5000, 0, false);
  d.host.hold = true;
  for (int i = 0; i < 2; i++)
    bridge_fixture_connect(&d, &agent[i]);
  bridge_fixture_connect(&d, &other);
  bridge_fixture_post(&d, &agent[0], NULL, bridge_fixture_call("7", "echo"));
  bridge_fixture_post(&d, &agent[1], JSON_ONLY, bridge_fixture_call("8", "echo"));
  host_wait_requests(&d.host, 2);
  bridge_fixture_post(&d, &other, NULL, cancel("7"));
  bridge_fixture_post(&d, &other, NULL, cancel("8"));
  loopback_wait_text(&agent[0], "content-length: 0\r\n");
  loopback_wait_end(&agent[1]); /* there is no empty JSON: the connection is cut */
  assert_int_equal(agent[1].got.len, 0);
  host_wait_gone(&d.host, 2);
  loopback_close(&agent[0], false);
  loopback_close(&agent[1], false);
  loopback_close(&other, false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__a_hundred_cancels_reach_the_host_a_hundred_times(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent, other;
  bridge_fixture_open(&d, 5000, 0, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_connect(&d, &other);
  for (unsigned i = 1; i <= 100; i++) {
    bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
    host_wait_requests(&d.host, i);
    bridge_fixture_post(&d, &other, NULL, cancel("7"));
    host_wait_gone(&d.host, i);
    loopback_wait(&d.loop, has_no_calls, &d);
    if (d.host.held_count == HOST_HELD / 2) {
      host_release(&d.host);
      d.host.hold = true;
    }
  }
  assert_int_equal(loopback_count(&agent, "HTTP/1.1 200"), 100);
  loopback_close(&agent, false);
  loopback_close(&other, false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__a_modern_agent_that_hangs_up_cancels_at_once(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 30, 30, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, MODERN_HEADERS, quoted("%s", modern_call));
  loopback_wait_text(&agent, "event-stream");
  unsigned long long begun = clock_ticks_ms();
  loopback_close(&agent, false);
  host_wait_gone(&d.host, 1);
  assert_true(clock_ticks_ms() - begun < LIMIT_BRIDGE_GONE_MS);
  loopback_wait(&d.loop, has_no_calls, &d);
  bridge_fixture_close(&d);
}

static void
test_mcp_post__a_legacy_agent_that_hangs_up_cancels_after_a_grace(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 30, 30, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
  loopback_wait_text(&agent, "event-stream");
  unsigned long long begun = clock_ticks_ms();
  loopback_close(&agent, true);
  host_wait_gone(&d.host, 1);
  assert_true(clock_ticks_ms() - begun >= LIMIT_BRIDGE_GONE_MS - 20);
  loopback_wait(&d.loop, has_no_calls, &d);
  bridge_fixture_close(&d);
}

static void test_mcp_post__a_result_for_an_agent_that_is_gone_goes_nowhere(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 30, 30, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
  loopback_wait_text(&agent, "event-stream");
  loopback_close(&agent, true);
  loopback_run_ms(&d.loop, 50);
  host_release(&d.host);
  loopback_wait(&d.loop, has_no_calls, &d);
  bridge_fixture_close(&d);
}

static void test_mcp_post__a_half_closed_agent_gets_its_result(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  bridge_fixture_open(&d, 30, 30, false);
  d.host.hold = true;
  bridge_fixture_connect(&d, &agent);
  bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
  loopback_half_close(&agent);
  host_wait_requests(&d.host, 1);
  loopback_run_ms(&d.loop, 100);
  assert_int_equal(open_calls(&d), 1);
  host_release(&d.host);
  loopback_wait_text(&agent, bridge_fixture_echoed("7"));
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
}

static void test_mcp_post__a_closing_bridge_takes_its_calls_along(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent[3];
  bridge_fixture_open(&d, 50, 30, false);
  d.host.hold = true;
  for (int i = 0; i < 3; i++)
    bridge_fixture_connect(&d, &agent[i]);
  bridge_fixture_post(&d, &agent[0], NULL, bridge_fixture_call("7", "echo"));
  loopback_wait_text(&agent[0], "event-stream");
  bridge_fixture_post(&d, &agent[1], JSON_ONLY, bridge_fixture_call("7", "echo"));
  bridge_fixture_post(&d, &agent[2], NULL,
                      quoted("[%s,%s]", bridge_fixture_call("8", "echo"),
                             bridge_fixture_call("9", "echo")));
  host_wait_requests(&d.host, 4);
  assert_int_equal(open_calls(&d), 4);
  struct loopback_client *first = &agent[0];
  bridge_close(d.bridge, NULL, NULL);
  host_wait_gone(&d.host, 4);
  loopback_wait_end(first);
  for (int i = 0; i < 3; i++) {
    loopback_wait_end(&agent[i]);
    assert_int_equal(loopback_count(&agent[i], quoted("'result'")), 0);
    loopback_close(&agent[i], false);
  }
  host_close(&d.host);
  tool_offer_free(&d.offer);
  tools_free(d.tools);
  json_free(d.descriptors);
  loopback_loop_close(&d.loop);
}

static void test_mcp_post__a_big_result_reaches_a_slow_reader_whole(void **state)
{
  (void)state;
  struct bridge_fixture d;
  struct loopback_client agent;
  size_t big = 20 * (size_t)MIB;
  char *body = malloc(big + 100);
  strcpy(body, "{\"result\":\"");
  memset(body + 11, 'x', big);
  strcpy(body + 11 + big, "\"}");
  bridge_fixture_open(&d, 20000, 0, false);
  d.host.body = body;
  bridge_fixture_connect(&d, &agent);
  loopback_pause(&agent);
  bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
  loopback_wait(&d.loop, has_no_calls, &d);
  for (int i = 0; i < 10; i++) {
    loopback_resume(&agent);
    uv_run(&d.loop, UV_RUN_ONCE);
    loopback_pause(&agent);
    loopback_run_ms(&d.loop, 5);
  }
  assert_true(agent.got.len < big);
  loopback_resume(&agent);
  loopback_wait_text(&agent, quoted("x'}]}}"));
  assert_true(agent.got.len > big);
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
  free(body);
}

#define TEST(name) cmocka_unit_test(test_mcp_post__##name)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(accept_decides_what_may_be_sent),
      TEST(a_quick_result_is_plain_json_with_its_length),
      TEST(a_quick_result_is_one_event_for_who_takes_nothing_else),
      TEST(a_slow_result_streams_progress_with_the_tokens_type),
      TEST(without_a_token_comments_show_life),
      TEST(a_slow_result_without_sse_is_json_behind_blanks),
      TEST(line_separators_are_escaped_in_events),
      TEST(an_array_is_answered_by_an_array),
      TEST(a_slow_array_streams_each_response_as_it_comes),
      TEST(a_cancel_ends_the_stream_without_a_response),
      TEST(a_cancel_before_the_head_ends_the_answer_empty),
      TEST(a_hundred_cancels_reach_the_host_a_hundred_times),
      TEST(a_modern_agent_that_hangs_up_cancels_at_once),
      TEST(a_legacy_agent_that_hangs_up_cancels_after_a_grace),
      TEST(a_result_for_an_agent_that_is_gone_goes_nowhere),
      TEST(a_half_closed_agent_gets_its_result),
      TEST(a_closing_bridge_takes_its_calls_along),
      TEST(a_big_result_reaches_a_slow_reader_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
