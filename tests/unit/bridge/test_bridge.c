/* SPDX-License-Identifier: MIT */
#include "bridge/bridge.h"

#include "base/limits.h"
#include "bridge_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PING   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"
#define PONG   "\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"
#define HOST   "Host: 127.0.0.1:$PORT\r\n"
#define AUTH   "Authorization: Bearer $TOKEN\r\n"
#define JSON   "Content-Type: application/json\r\n"
#define LENGTH "Content-Length: 40\r\n"

static struct bridge_fixture d;
static struct loopback_client agent;

static int set_up(void **state)
{
  (void)state;
  bridge_fixture_open(&d, 5000, 0, false);
  bridge_fixture_connect(&d, &agent);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  loopback_close(&agent, false);
  bridge_fixture_close(&d);
  return 0;
}

/* On a connection of its own. */
static void expect(const char *request, const char *answer)
{
  struct loopback_client one;
  bridge_fixture_connect(&d, &one);
  bridge_fixture_send(&d, &one, request);
  loopback_wait_text(&one, "\r\n\r\n");
  if (!strstr(one.got.at, answer))
    fail_msg("%s\nwas answered by\n%s", request, one.got.at);
  loopback_close(&one, false);
}

static void expect_post(const char *headers, const char *body, const char *answer)
{
  bridge_fixture_forget(&agent);
  bridge_fixture_post(&d, &agent, headers, body);
  loopback_wait_text(&agent, "\r\n\r\n");
  if (!strstr(agent.got.at, answer))
    fail_msg("%s %s\nwas answered by\n%s", headers ? headers : "", body, agent.got.at);
}

/* -- who may come in -- */

static void test_bridge__takes_its_token_in_any_case_of_bearer(void **state)
{
  (void)state;
  assert_int_equal(strlen(PING), 40);
  expect("POST /mcp HTTP/1.1\r\n" HOST AUTH JSON LENGTH "\r\n" PING, PONG);
  expect("POST /mcp HTTP/1.1\r\n" HOST "AUTHORIZATION:  bearer $TOKEN \r\n" JSON LENGTH
         "\r\n" PING,
         PONG);
  expect("POST /mcp?x=1 HTTP/1.1\r\n" HOST AUTH JSON LENGTH "\r\n" PING, PONG);
  expect("POST http://127.0.0.1:$PORT/mcp HTTP/1.1\r\n" HOST AUTH JSON LENGTH "\r\n" PING,
         PONG);
  expect("POST /mcp HTTP/1.0\r\n" AUTH JSON LENGTH "\r\n" PING, PONG);
  assert_int_equal(bridge_facts(d.bridge).refused, 0);
}

static void test_bridge__refuses_without_the_token_before_the_body(void **state)
{
  (void)state;
  static const char *const wrong[] = {
      "",
      "Authorization: Bearer\r\n",
      "Authorization: Bearer \r\n",
      "Authorization: Bearer x$TOKEN\r\n",
      "Authorization: Bearer $TOKENx\r\n",
      "Authorization: Basic $TOKEN\r\n",
      "Authorization: $TOKEN\r\n",
      "Authorization: Bearer "
      "0000000000000000000000000000000000000000000000000000000000000000\r\n",
      AUTH AUTH};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char request[600];
    /* no body is sent: it is not waited for */
    snprintf(request, sizeof request,
             "POST /mcp HTTP/1.1\r\n" HOST "%s" JSON "Content-Length: 999\r\n\r\n",
             wrong[i]);
    expect(request, "HTTP/1.1 401 Unauthorized\r\n");
    assert_int_equal(bridge_facts(d.bridge).refused, i + 1);
  }
  assert_false(bridge_facts(d.bridge).listed);
}

static void test_bridge__knows_one_path_only_and_says_so_without_a_token(void **state)
{
  (void)state;
  static const char *const paths[] = {"/",
                                      "/mcp/",
                                      "/mcpx",
                                      "/MCP",
                                      "/register",
                                      "/.well-known/oauth-protected-resource",
                                      "/.well-known/oauth-protected-resource/mcp",
                                      "/.well-known/oauth-authorization-server"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    char request[300];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
    expect(request, "HTTP/1.1 404 Not Found\r\n");
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\n" HOST AUTH JSON LENGTH "\r\n" PING, paths[i]);
    expect(request, "HTTP/1.1 404 Not Found\r\n");
  }
  assert_int_equal(bridge_facts(d.bridge).refused, 0);
}

static void test_bridge__takes_posts_only(void **state)
{
  (void)state;
  static const char *const methods[] = {"GET",     "DELETE", "PUT",
                                        "OPTIONS", "HEAD",   "PATCH"};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    char request[300];
    snprintf(request, sizeof request,
             "%s /mcp HTTP/1.1\r\n" HOST AUTH "Accept: text/event-stream\r\n\r\n",
             methods[i]);
    expect(request, "HTTP/1.1 405 Method Not Allowed\r\n");
    expect(request, "allow: POST\r\n");
    snprintf(request, sizeof request, "%s /mcp HTTP/1.1\r\n" HOST "\r\n", methods[i]);
    expect(request, "HTTP/1.1 405 Method Not Allowed\r\n");
  }
}

static void test_bridge__refuses_hosts_and_origins_that_are_not_this_machine(void **state)
{
  (void)state;
  static const struct {
    const char *headers;
    bool good;
  } rows[] = {
      {"Host: 127.0.0.1\r\n", true},
      {"Host: LOCALHOST:$PORT\r\n", true},
      {"Host: localhost:1\r\n", true},
      {"Host: [::1]:$PORT\r\n", true},
      {"Host: evil.example.com\r\n", false},
      {"Host: evil.example.com:$PORT\r\n", false},
      {"Host: 127.0.0.1.evil.example.com\r\n", false},
      {"Host: localhost:x\r\n", false},
      {"Host: 10.0.0.1\r\n", false},
      {HOST "Origin: http://127.0.0.1:$PORT\r\n", true},
      {HOST "Origin: http://localhost\r\n", true},
      {HOST "Origin: https://[::1]:5\r\n", true},
      {HOST "Origin: null\r\n", false},
      {HOST "Origin: \r\n", false},
      {HOST "Origin: http://evil.example.com\r\n", false},
      {HOST "Origin: http://localhost.evil.example.com\r\n", false},
      {HOST "Origin: http://localhost@evil.example.com\r\n", false},
      {HOST "Origin: ftp://localhost\r\n", false},
      {HOST "Origin: localhost\r\n", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char request[600];
    snprintf(request, sizeof request,
             "POST /mcp HTTP/1.1\r\n%s" AUTH JSON LENGTH "\r\n" PING, rows[i].headers);
    expect(request, rows[i].good ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 403 Forbidden\r\n");
  }
}

static void test_bridge__takes_json_only(void **state)
{
  (void)state;
  expect("POST /mcp HTTP/1.1\r\n" HOST AUTH LENGTH "\r\n" PING, "HTTP/1.1 415 ");
  expect("POST /mcp HTTP/1.1\r\n" HOST AUTH "Content-Type: text/plain\r\n" LENGTH
         "\r\n" PING,
         "HTTP/1.1 415 ");
  expect("POST /mcp HTTP/1.1\r\n" HOST AUTH "Content-Type: application/jsonx\r\n" LENGTH
         "\r\n" PING,
         "HTTP/1.1 415 ");
  expect("POST /mcp HTTP/1.1\r\n" HOST AUTH
         "Content-Type: Application/JSON; charset=utf-8\r\n" LENGTH "\r\n" PING,
         PONG);
}

static void test_bridge__a_body_above_the_limit_is_413_before_it_is_read(void **state)
{
  (void)state;
  expect("POST /mcp HTTP/1.1\r\n" HOST AUTH JSON "Content-Length: 99999999999\r\n\r\n",
         "HTTP/1.1 413 ");
}

/* -- the conversation -- */

static void test_bridge__takes_chunked_bodies_and_expect_continue(void **state)
{
  (void)state;
  expect("POST /mcp HTTP/1.1\r\n" HOST AUTH JSON
         "Transfer-Encoding: chunked\r\n\r\n28\r\n" PING "\r\n0\r\n\r\n",
         PONG);
  expect("POST /mcp HTTP/1.1\r\n" HOST AUTH JSON LENGTH "Expect: 100-continue\r\n\r\n",
         "HTTP/1.1 100 Continue\r\n\r\n");
}

static void test_bridge__answers_pipelined_requests_in_order(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("5", "echo"));
    bridge_fixture_post(&d, &agent, NULL, PING);
  }
  bridge_fixture_post(&d, &agent, NULL,
                      "{\"jsonrpc\":\"2.0\",\"id\":\"last\",\"method\":\"ping\"}");
  loopback_wait_text(&agent, "\"last\"");
  const char *at = agent.got.at;
  for (int i = 0; i < 3; i++) {
    const char *call = strstr(at, "\"id\":5"), *ping = strstr(at, "\"id\":1,");
    assert_true(call && ping && call < ping);
    at = ping + 1;
  }
}

static void test_bridge__a_notification_is_202_without_body_and_type(void **state)
{
  (void)state;
  expect_post(NULL, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
              "HTTP/1.1 202 Accepted\r\n");
  assert_int_equal(loopback_count(&agent, "content-length: 0\r\n"), 1);
  assert_int_equal(loopback_count(&agent, "content-type"), 0);
  expect_post(NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
              "HTTP/1.1 202 Accepted\r\n");
}

static void test_bridge__unknown_ids_to_cancel_are_a_silent_202(void **state)
{
  (void)state;
  expect_post(NULL,
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
              "cancelled\",\"params\":{\"requestId\":99}}",
              "HTTP/1.1 202 Accepted\r\n");
}

static void test_bridge__bad_json_is_400(void **state)
{
  (void)state;
  expect_post(NULL, "", "HTTP/1.1 400 ");
  expect_post(NULL, "nonsense", "\"error\":{\"code\":-32700");
  expect_post(NULL, "[nonsense]", "HTTP/1.1 400 ");
}

static void test_bridge__invalid_utf8_becomes_replacement_characters(void **state)
{
  (void)state;
  expect_post(NULL, "{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}",
              "\"id\":\"\xef\xbf\xbd\",\"result\":{}");
}

static void test_bridge__facts_tell_if_it_was_ever_used(void **state)
{
  (void)state;
  expect_post(NULL, PING, PONG);
  assert_false(bridge_facts(d.bridge).listed);
  expect_post(NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
              "\"name\":\"echo\"");
  assert_true(bridge_facts(d.bridge).listed);
  assert_int_equal(bridge_facts(d.bridge).requests, 2);
  assert_int_equal(bridge_facts(d.bridge).calls, 0);
}

static void test_bridge__arrays_are_for_2025_03_26(void **state)
{
  (void)state;
  expect_post("MCP-Protocol-Version: 2025-06-18\r\n", "[" PING "]", "HTTP/1.1 400 ");
  expect_post("MCP-Protocol-Version: 2026-07-28\r\n", "[" PING "]", "HTTP/1.1 400 ");
  expect_post("MCP-Protocol-Version: 2025-03-26\r\n", "[" PING "]",
              "\r\n\r\n[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}]");
  expect_post(NULL, "[]", "HTTP/1.1 400 ");
  expect_post(NULL, "[1,2]", "-32600");
  expect_post(
      NULL,
      "[{\"jsonrpc\":\"2.0\",\"method\":\"x\"},{\"jsonrpc\":\"2.0\",\"method\":\"y\"}]",
      "HTTP/1.1 202 ");
}

static void test_bridge__too_long_arrays_are_refused(void **state)
{
  (void)state;
  struct buf body = buf_make(MIB);
  for (int i = 0; i <= LIMIT_BRIDGE_BATCH; i++)
    buf_addf(&body, "%c" PING, i ? ',' : '[');
  buf_add_char(&body, ']');
  expect_post(NULL, buf_cstring(&body), "HTTP/1.1 400 ");
  buf_free(&body);
}

/* -- sessions -- */

/* The header line of the session that an initialize mints. */
static void greet(char line[64])
{
  expect_post(NULL,
              "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}",
              "mcp-session-id: ");
  const char *at = strstr(agent.got.at, "mcp-session-id: ");
  snprintf(line, 64, "%.*s", (int)(strstr(at, "\r\n") + 2 - at), at);
}

static void test_bridge__a_session_may_be_named_or_not_but_must_be_known(void **state)
{
  (void)state;
  char line[64];
  greet(line);
  expect_post(line, PING, PONG);
  expect_post(NULL, PING, PONG);
  expect_post("Mcp-Session-Id: 0123\r\n", PING, "HTTP/1.1 404 ");
  expect_post("Mcp-Session-Id: 0123\r\n", bridge_fixture_call("1", "echo"),
              "HTTP/1.1 404 ");
  assert_int_equal(d.host.requests, 0);
  expect_post("Mcp-Session-Id: 0123\r\n",
              "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}",
              "mcp-session-id: ");
}

#define CANCEL                                                                           \
  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"                                     \
  "cancelled\",\"params\":{\"requestId\":7}}"

static bool one_call_left(void *who)
{
  (void)who;
  return bridge_facts(d.bridge).open_calls == 1;
}

static void test_bridge__a_cancel_is_for_its_own_session(void **state)
{
  (void)state;
  struct loopback_client calls[2];
  char first[64], second[64];
  greet(first);
  greet(second);
  d.host.hold = true;
  for (int i = 0; i < 2; i++)
    bridge_fixture_connect(&d, &calls[i]);
  bridge_fixture_post(&d, &calls[0], first, bridge_fixture_call("7", "echo"));
  bridge_fixture_post(&d, &calls[1], second, bridge_fixture_call("7", "echo"));
  host_wait_requests(&d.host, 2);
  expect_post(NULL, CANCEL, "HTTP/1.1 202 "); /* of no session */
  assert_int_equal(bridge_facts(d.bridge).open_calls, 2);
  expect_post(second, CANCEL, "HTTP/1.1 202 ");
  loopback_wait(&d.loop, one_call_left, NULL);
  host_release(&d.host);
  loopback_wait_text(&calls[0], "\"id\":7,\"result\"");
  for (int i = 0; i < 2; i++)
    loopback_close(&calls[i], false);
}

static void test_bridge__an_ambiguous_cancel_is_not_guessed_at(void **state)
{
  (void)state;
  struct loopback_client calls[2];
  d.host.hold = true;
  for (int i = 0; i < 2; i++) {
    bridge_fixture_connect(&d, &calls[i]);
    bridge_fixture_post(&d, &calls[i], NULL, bridge_fixture_call("7", "echo"));
  }
  host_wait_requests(&d.host, 2);
  expect_post(NULL, CANCEL, "HTTP/1.1 202 ");
  loopback_run_ms(&d.loop, 50);
  assert_int_equal(bridge_facts(d.bridge).open_calls, 2);
  host_release(&d.host);
  for (int i = 0; i < 2; i++) {
    loopback_wait_text(&calls[i], "\"id\":7,\"result\"");
    loopback_close(&calls[i], false);
  }
}

/* -- the eras -- */

#define META                                                                             \
  "\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","   \
  "\"io.modelcontextprotocol/clientCapabilities\":{}}}}"
#define DISCOVER "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: server/discover\r\n"

static void test_bridge__serves_both_eras_on_one_connection(void **state)
{
  (void)state;
  expect_post(DISCOVER "Mcp-Session-Id: whatever\r\nLast-Event-ID: 5\r\n",
              "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"server/discover\"," META,
              "supportedVersions");
  assert_int_equal(loopback_count(&agent, "mcp-session-id"), 0);
  char line[64];
  greet(line);
  expect_post("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: ping\r\n",
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"," META, "HTTP/1.1 404 ");
  expect_post(line, PING, PONG);
}

static void test_bridge__legacy_only_answers_a_probe_as_an_unknown_method(void **state)
{
  (void)state;
  struct bridge_fixture old;
  struct loopback_client probe;
  bridge_fixture_open(&old, 5000, 0, true);
  bridge_fixture_connect(&old, &probe);
  bridge_fixture_post(
      &old, &probe, DISCOVER,
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"server/discover\"," META);
  loopback_wait_text(&probe, "\"id\":0,\"error\":{\"code\":-32601");
  assert_int_equal(loopback_count(&probe, "HTTP/1.1 200 "), 1);
  loopback_close(&probe, false);
  bridge_fixture_close(&old);
}

/* -- many -- */

static void test_bridge__a_hundred_parallel_calls_on_a_hundred_connections(void **state)
{
  (void)state;
  struct loopback_client many[100];
  for (int i = 0; i < 100; i++)
    bridge_fixture_connect(&d, &many[i]);
  for (int i = 0; i < 100; i++)
    bridge_fixture_post(&d, &many[i], NULL, bridge_fixture_call("7", "echo"));
  for (int i = 0; i < 100; i++) {
    loopback_wait_text(&many[i], "\"id\":7,\"result\"");
    loopback_close(&many[i], false);
  }
  assert_int_equal(bridge_facts(d.bridge).calls, 100);
}

static void test_bridge__a_hundred_calls_on_one_connection(void **state)
{
  (void)state;
  for (int i = 0; i < 100; i++)
    bridge_fixture_post(&d, &agent, NULL, bridge_fixture_call("7", "echo"));
  while (loopback_count(&agent, "\"id\":7,\"result\"") < 100)
    uv_run(&d.loop, UV_RUN_ONCE);
  assert_int_equal(d.host.requests, 100);
}

static void test_bridge__two_bridges_do_not_take_each_others_token(void **state)
{
  (void)state;
  struct bridge_fixture other;
  struct loopback_client one;
  bridge_fixture_open(&other, 0, 0, false);
  bridge_fixture_connect(&other, &one);
  char request[400];
  struct span token = bridge_address(d.bridge).token;
  assert_int_equal(token.len, 64);
  assert_true(span_is(bridge_address(d.bridge).name, "host"));
  snprintf(request, sizeof request,
           "POST /mcp HTTP/1.1\r\n" HOST "Authorization: Bearer %.*s\r\n" JSON LENGTH
           "\r\n" PING,
           (int)token.len, token.at);
  bridge_fixture_send(&other, &one, request);
  loopback_wait_text(&one, "HTTP/1.1 401 ");
  loopback_close(&one, false);
  bridge_fixture_close(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_bridge__##name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(takes_its_token_in_any_case_of_bearer),
      TEST(refuses_without_the_token_before_the_body),
      TEST(knows_one_path_only_and_says_so_without_a_token),
      TEST(takes_posts_only),
      TEST(refuses_hosts_and_origins_that_are_not_this_machine),
      TEST(takes_json_only),
      TEST(a_body_above_the_limit_is_413_before_it_is_read),
      TEST(takes_chunked_bodies_and_expect_continue),
      TEST(answers_pipelined_requests_in_order),
      TEST(a_notification_is_202_without_body_and_type),
      TEST(unknown_ids_to_cancel_are_a_silent_202),
      TEST(bad_json_is_400),
      TEST(invalid_utf8_becomes_replacement_characters),
      TEST(facts_tell_if_it_was_ever_used),
      TEST(arrays_are_for_2025_03_26),
      TEST(too_long_arrays_are_refused),
      TEST(a_session_may_be_named_or_not_but_must_be_known),
      TEST(a_cancel_is_for_its_own_session),
      TEST(an_ambiguous_cancel_is_not_guessed_at),
      TEST(serves_both_eras_on_one_connection),
      TEST(legacy_only_answers_a_probe_as_an_unknown_method),
      TEST(a_hundred_parallel_calls_on_a_hundred_connections),
      TEST(a_hundred_calls_on_one_connection),
      TEST(two_bridges_do_not_take_each_others_token),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
