/* SPDX-License-Identifier: MIT */
#include "bridge/mcp.h"

#include "base/json.h"
#include "base/limits.h"
#include "tool/tool_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char descriptors[] =
    "[{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\", "
    "\"properties\":{\"b\":{\"$ref\":"
    "\"#/x\"},\"a\":{\"maximum\":123456789012345678901.50}}}},"
    "{\"name\":\"w\xc3\xb6rter \xe4\xb8\x96\",\"inputSchema\":{\"type\":null}},"
    "{\"name\":\"mcp\",\"resultFormat\":\"mcp\"}]";

struct fixture {
  struct json *doc;
  struct tools *tools;
  struct tool_offer offer;
  struct mcp_server server;
  struct http_header header; /* MCP-Protocol-Version, when it has a value */
  struct http_request head;
  struct mcp_taken taken;
};

static int set_up(void **state)
{
  static struct fixture d;
  static const char *const raw[] = {"inputSchema", "outputSchema", "annotations", NULL};
  const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  d = (struct fixture){.header = {SPAN_LITERAL("mcp-protocol-version"), {0}}};
  d.doc = json_parse(span_of(descriptors), &rules, &f);
  d.tools = tools_read(d.doc, json_root(d.doc), &f);
  d.offer = tool_offer_make(d.tools, 0, "agent");
  d.server = (struct mcp_server){.name = SPAN_LITERAL("host"), .offer = &d.offer};
  d.head.headers = &d.header;
  *state = &d;
  return d.tools ? 0 : -1;
}

static int tear_down(void **state)
{
  struct fixture *d = *state;
  mcp_taken_free(&d->taken);
  tool_offer_free(&d->offer);
  tools_free(d->tools);
  json_free(d->doc);
  return 0;
}

static struct mcp_taken *take(struct fixture *d, const char *version, const char *message)
{
  mcp_taken_free(&d->taken);
  d->header.value = span_of(version);
  d->head.header_count = version ? 1 : 0;
  mcp_take(&d->server, &d->head, span_of(message), &d->taken);
  return &d->taken;
}

/* The message must be answered so; `reply` may be a piece of the reply. */
static void expect(struct fixture *d, const char *version, const char *message,
                   int status, const char *reply)
{
  struct mcp_taken *t = take(d, version, message);
  struct fault f = {0};
  if (t->verdict != MCP_ANSWERED || t->status != status ||
      !strstr(buf_cstring(&t->reply), reply))
    fail_msg("%s: verdict %d status %d %s", message, (int)t->verdict, t->status,
             buf_cstring(&t->reply));
  struct json *doc = json_parse(buf_span(&t->reply), NULL, &f);
  assert_non_null(doc);
  json_free(doc);
}

#define ASK(method) "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"" method "\"}"
#define ASK_WITH(method, params)                                                         \
  "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"" method "\",\"params\":" params "}"

static void test_mcp__initialize_echoes_each_version_it_knows(void **state)
{
  static const char *const versions[] = {"2024-11-05", "2025-03-26", "2025-06-18",
                                         "2025-11-25"};
  for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
    char ask[200], reply[300];
    snprintf(ask, sizeof ask, ASK_WITH("initialize", "{\"protocolVersion\":\"%s\"}"),
             versions[i]);
    snprintf(reply, sizeof reply,
             "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":\"%s\","
             "\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"host\","
             "\"version\":\"" RUNLET_VERSION "\"}}}",
             versions[i]);
    expect(*state, NULL, ask, 200, reply);
    struct fixture *d = *state;
    assert_true(d->taken.greeted && d->taken.listed && !d->taken.modern);
  }
}

static void test_mcp__initialize_answers_its_newest_to_anything_else(void **state)
{
  static const char newest[] = "\"protocolVersion\":\"2025-11-25\"";
  expect(*state, NULL, ASK_WITH("initialize", "{\"protocolVersion\":\"2099-01-01\"}"),
         200, newest);
  expect(*state, NULL, ASK_WITH("initialize", "{\"protocolVersion\":\"2026-07-28\"}"),
         200, newest);
  expect(*state, NULL, ASK_WITH("initialize", "{\"protocolVersion\":7}"), 200, newest);
  expect(*state, NULL, ASK_WITH("initialize", "{}"), 200, newest);
  expect(*state, NULL, ASK("initialize"), 200, newest);
}

static void test_mcp__initialize_does_not_mind_its_head(void **state)
{
  static const char ask[] =
      ASK_WITH("initialize", "{\"protocolVersion\":\"2025-06-18\"}");
  expect(*state, "2025-11-25", ask, 200, "\"protocolVersion\":\"2025-06-18\"");
  expect(*state, "2026-07-28", ask, 200, "\"protocolVersion\":\"2025-06-18\"");
  expect(*state, "2099-01-01", ask, 200, "\"protocolVersion\":\"2025-06-18\"");
}

static void test_mcp__a_version_header_it_does_not_know_is_a_400_that_lists(void **state)
{
  static const char list[] =
      "Unsupported protocol version: 2099-01-01 (supported versions: "
      "2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05)";
  expect(*state, "2099-01-01", ASK("ping"), 400, list);
  expect(*state, "2099-01-01",
         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", 400, list);
  expect(*state, "gar\x01\xff\"bage", ASK("ping"), 400, "gar\\u0001\xef\xbf\xbd\\\"bage");
  expect(*state, "2024-11-05", ASK("ping"), 200, "\"result\":{}");
  expect(*state, "2025-03-26", ASK("ping"), 200, "\"result\":{}");
  expect(*state, NULL, ASK("ping"), 200, "\"result\":{}");
}

static void test_mcp__the_list_is_whole_and_needs_no_handshake(void **state)
{
  struct fixture *d = *state;
  expect(d, NULL, ASK("tools/list"), 200,
         "\"inputSchema\":{\"type\":\"object\", \"properties\":{\"b\":{\"$ref\":\"#/x\"},"
         "\"a\":{\"maximum\":123456789012345678901.50}}}");
  assert_true(d->taken.listed);
  expect(d, NULL, ASK_WITH("tools/list", "{\"cursor\":\"x\"}"), 200,
         "\"inputSchema\":{\"type\":\"object\"}");
  assert_null(strstr(buf_cstring(&d->taken.reply), "nextCursor"));
  struct tool_offer nothing = tool_offer_make(NULL, 0, "agent");
  d->server.offer = &nothing;
  expect(d, NULL, ASK("tools/list"), 200, "\"result\":{\"tools\":[]}");
  tool_offer_free(&nothing);
}

static void test_mcp__unknown_methods_are_32601(void **state)
{
  expect(*state, NULL, ASK("resources/list"), 200,
         "\"error\":{\"code\":-32601,\"message\":\"Method not found: resources/list\"}");
  expect(*state, NULL, ASK("notifications/initialized"), 200,
         "-32601"); /* it has an id */
}

static void test_mcp__notifications_and_responses_are_silent(void **state)
{
  assert_int_equal(take(*state, NULL, "{\"jsonrpc\":\"2.0\",\"method\":\"x\"}")->verdict,
                   MCP_SILENT);
  assert_int_equal(take(*state, NULL,
                        "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":"
                        "{\"name\":\"echo\"}}")
                       ->verdict,
                   MCP_SILENT);
  assert_int_equal(
      take(*state, NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}")->verdict,
      MCP_SILENT);
  assert_int_equal(
      take(*state, NULL, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}")
          ->verdict,
      MCP_SILENT);
}

static void test_mcp__what_is_no_json_rpc_is_a_400(void **state)
{
  expect(*state, NULL, "", 400,
         "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,");
  expect(*state, NULL, "{]", 400, "\"id\":null,\"error\":{\"code\":-32700,");
  expect(*state, NULL, "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", 400,
         "\"id\":null,\"error\":{\"code\":-32600");
  expect(*state, NULL, "{\"id\":\"x\",\"method\":\"ping\"}", 400,
         "\"id\":\"x\",\"error\":{\"code\":-32600");
}

static void test_mcp__a_call_keeps_id_arguments_and_token_as_they_came(void **state)
{
  struct mcp_taken *t =
      take(*state, NULL,
           "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0031\",\"method\":\"tools/"
           "call\",\"params\":{\"name\":\"echo\","
           "\"arguments\":{ \"z\":1.0,\"a\":123456789012345678901,\"e\":\"\\/\" },"
           "\"_meta\":{\"progressToken\":9007199254740993}}}");
  assert_int_equal(t->verdict, MCP_CALL);
  assert_string_equal(buf_cstring(&t->call.id_json), "\"\\u0031\"");
  assert_string_equal(buf_cstring(&t->call.args_json),
                      "{ \"z\":1.0,\"a\":123456789012345678901,\"e\":\"\\/\" }");
  assert_string_equal(buf_cstring(&t->call.progress_token_json), "9007199254740993");
  assert_true(span_is(t->call.tool->name, "echo"));
  struct buf m = buf_make(KIB);
  mcp_progress(&t->call, 7, &m);
  assert_string_equal(
      buf_cstring(&m),
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
      "{\"progressToken\":9007199254740993,\"progress\":7}}");
  buf_free(&m);
}

static void test_mcp__arguments_may_be_absent_or_null_but_nothing_else(void **state)
{
  struct mcp_taken *t = take(*state, NULL, ASK_WITH("tools/call", "{\"name\":\"echo\"}"));
  assert_string_equal(buf_cstring(&t->call.args_json), "{}");
  t = take(*state, NULL,
           ASK_WITH("tools/call", "{\"name\":\"echo\",\"arguments\":null}"));
  assert_string_equal(buf_cstring(&t->call.args_json), "{}");
  expect(*state, NULL, ASK_WITH("tools/call", "{\"name\":\"echo\",\"arguments\":[1]}"),
         200, "-32602");
  expect(*state, NULL, ASK_WITH("tools/call", "{\"name\":\"echo\",\"arguments\":\"x\"}"),
         200, "-32602");
  expect(*state, NULL, ASK_WITH("tools/call", "{\"name\":7}"), 200, "-32602");
  expect(*state, NULL, ASK_WITH("tools/call", "[1]"), 200, "-32602");
  expect(*state, NULL, ASK_WITH("tools/call", "null"), 200, "-32602");
  expect(*state, NULL, ASK("tools/call"), 200, "-32602");
}

static void test_mcp__a_progress_token_is_a_string_or_a_number(void **state)
{
  struct mcp_taken *t =
      take(*state, NULL,
           ASK_WITH("tools/call",
                    "{\"name\":\"echo\",\"_meta\":{\"progressToken\":\"a-1\"}}"));
  assert_string_equal(buf_cstring(&t->call.progress_token_json), "\"a-1\"");
  t = take(
      *state, NULL,
      ASK_WITH("tools/call", "{\"name\":\"echo\",\"_meta\":{\"progressToken\":{}}}"));
  assert_int_equal(t->call.progress_token_json.len, 0);
}

static void test_mcp__an_unknown_tool_is_32602_with_its_name(void **state)
{
  char ask[2000];
  expect(*state, NULL, ASK_WITH("tools/call", "{\"name\":\"ghost\"}"), 200,
         "\"error\":{\"code\":-32602,\"message\":\"Unknown tool: ghost\"}");
  snprintf(ask, sizeof ask, ASK_WITH("tools/call", "{\"name\":\"%01000d\"}"), 0);
  expect(*state, NULL, ask, 200, "Unknown tool: 000");
  assert_true(((struct fixture *)*state)->taken.reply.len < 400);
  assert_int_equal(
      take(*state, NULL,
           ASK_WITH("tools/call", "{\"name\":\"w\\u00f6rter \xe4\xb8\x96\"}"))
          ->verdict,
      MCP_CALL);
}

static void test_mcp__a_cancel_names_its_id_as_it_came(void **state)
{
  struct mcp_taken *t = take(*state, NULL,
                             "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
                             "cancelled\",\"params\":{\"requestId\":\"1\"}}");
  assert_int_equal(t->verdict, MCP_CANCEL);
  assert_string_equal(buf_cstring(&t->call.id_json), "\"1\"");
  t = take(*state, "2026-07-28",
           "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
           "cancelled\",\"params\":{\"requestId\":1}}");
  assert_int_equal(t->verdict, MCP_SILENT); /* modern: the stream's end cancels */
}

static void test_mcp__legacy_only_answers_the_probe_at_once(void **state)
{
  struct fixture *d = *state;
  d->server.legacy_only = true;
  expect(d, "2026-07-28", ASK("server/discover"), 200, "-32601");
  assert_false(d->taken.modern);
  expect(d, "2026-07-28", ASK("tools/list"), 400,
         "Unsupported protocol version: 2026-07-28 (supported versions: 2025-11-25,");
}

static void test_mcp__an_array_holds_legacy_messages_only(void **state)
{
  struct fixture *d = *state;
  mcp_taken_free(&d->taken);
  mcp_take(
      &d->server, NULL,
      span_of(ASK_WITH(
          "tools/list",
          "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}")),
      &d->taken);
  assert_non_null(strstr(buf_cstring(&d->taken.reply), "-32600"));
  assert_true(mcp_takes_arrays((struct span){0}));
  assert_true(mcp_takes_arrays(SPAN_LITERAL("2025-03-26")));
  assert_false(mcp_takes_arrays(SPAN_LITERAL("2025-06-18")));
  assert_false(mcp_takes_arrays(SPAN_LITERAL("2026-07-28")));
}

/* -- results -- */

static void expect_finish(const struct mcp_call *call, struct tool_answer answer,
                          int status, const char *reply)
{
  struct buf out = buf_make(MIB);
  struct fault f = {0};
  assert_int_equal(mcp_finish(call, &answer, &out), status);
  assert_string_equal(buf_cstring(&out), reply);
  struct json *doc = json_parse(buf_span(&out), NULL, &f);
  assert_non_null(doc);
  json_free(doc);
  buf_free(&out);
}

#define TEXT(text)                                                                       \
  "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"content\":[{\"type\":\"text\",\"text\":"  \
  "\"" text "\"}]}}"

static void test_mcp__results_become_text_with_their_own_bytes(void **state)
{
  struct mcp_taken *t = take(*state, NULL, ASK_WITH("tools/call", "{\"name\":\"echo\"}"));
  static const struct {
    const char *result, *reply;
  } rows[] = {
      {"\"plain\"", TEXT("plain")},
      {"\"\"", TEXT("")},
      {"\"a\\/\\u2028\xe2\x80\xa8\\ud83d\"", TEXT("a\\/\\u2028\xe2\x80\xa8\\ud83d")},
      {"123456789012345678901.50", TEXT("123456789012345678901.50")},
      {"null", TEXT("null")},
      {"false", TEXT("false")},
      {"{\"a\":[1, 2],\"b\":\"\\\"\"}",
       TEXT("{\\\"a\\\":[1, 2],\\\"b\\\":\\\"\\\\\\\"\\\"}")},
      {"[]", TEXT("[]")},
      {"{\"content\":[]}",
       TEXT("{\\\"content\\\":[]}")}, /* looks like MCP, was not said to be */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    expect_finish(&t->call, (struct tool_answer){.result = span_of(rows[i].result)}, 200,
                  rows[i].reply);
}

static void test_mcp__a_failure_is_a_result_with_is_error(void **state)
{
  struct mcp_taken *t = take(*state, NULL, ASK_WITH("tools/call", "{\"name\":\"echo\"}"));
  expect_finish(
      &t->call,
      (struct tool_answer){.failure = SPAN_LITERAL("Tool execution failed: x\n")}, 200,
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"content\":[{\"type\":\"text\","
      "\"text\":"
      "\"Tool execution failed: x\\n\"}],\"isError\":true}}");
}

static void test_mcp__an_mcp_result_passes_as_it_is(void **state)
{
  struct mcp_taken *t = take(*state, NULL, ASK_WITH("tools/call", "{\"name\":\"mcp\"}"));
  expect_finish(&t->call,
                (struct tool_answer){.result = SPAN_LITERAL(
                                         "{\"content\":[],\"isError\":true, \"x\":1.0}")},
                200,
                "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"content\":[],\"isError\":"
                "true, \"x\":1.0}}");
  expect_finish(&t->call,
                (struct tool_answer){.result = SPAN_LITERAL("{\"contents\":[]}")}, 200,
                TEXT("{\\\"contents\\\":[]}"));
  expect_finish(&t->call, (struct tool_answer){.result = SPAN_LITERAL("\"text\"")}, 200,
                TEXT("text"));
}

static void test_mcp__a_tool_that_did_not_run_is_an_error(void **state)
{
  struct mcp_taken *t = take(*state, NULL, ASK_WITH("tools/call", "{\"name\":\"mcp\"}"));
  struct tool_answer lacks = {
      .error = SPAN_LITERAL("{\"code\":-32021,\"message\":\"no\",\"data\":{}}")};
  expect_finish(&t->call, lacks, 200,
                "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32021,\"message\":"
                "\"no\",\"data\":{}}}");
  t->call.modern = true;
  expect_finish(&t->call, lacks, 400,
                "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32021,\"message\":"
                "\"no\",\"data\":{}}}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_mcp__##name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(initialize_echoes_each_version_it_knows),
      TEST(initialize_answers_its_newest_to_anything_else),
      TEST(initialize_does_not_mind_its_head),
      TEST(a_version_header_it_does_not_know_is_a_400_that_lists),
      TEST(the_list_is_whole_and_needs_no_handshake),
      TEST(unknown_methods_are_32601),
      TEST(notifications_and_responses_are_silent),
      TEST(what_is_no_json_rpc_is_a_400),
      TEST(a_call_keeps_id_arguments_and_token_as_they_came),
      TEST(arguments_may_be_absent_or_null_but_nothing_else),
      TEST(a_progress_token_is_a_string_or_a_number),
      TEST(an_unknown_tool_is_32602_with_its_name),
      TEST(a_cancel_names_its_id_as_it_came),
      TEST(legacy_only_answers_the_probe_at_once),
      TEST(an_array_holds_legacy_messages_only),
      TEST(results_become_text_with_their_own_bytes),
      TEST(a_failure_is_a_result_with_is_error),
      TEST(an_mcp_result_passes_as_it_is),
      TEST(a_tool_that_did_not_run_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
