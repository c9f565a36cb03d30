/* SPDX-License-Identifier: MIT */
/* Through mcp_take(): what a 2026-07-28 client sends, and what it gets. */
#include "bridge/mcp_modern.h"

#include "base/limits.h"
#include "bridge/mcp.h"
#include "tool/tool_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char descriptors[] =
    "[{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\"}},{\"name\":"
    "\"caf\xc3\xa9\"},"
    "{\"name\":\"param\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"region\":"
    "{\"type\":\"string\",\"x-mcp-header\":\"Region\"}}}}]";

#define V    "io.modelcontextprotocol/protocolVersion"
#define C    "io.modelcontextprotocol/clientCapabilities"
#define META "\"_meta\":{\"" V "\":\"2026-07-28\",\"" C "\":{}}"
#define ASK(method, params)                                                              \
  "{\"jsonrpc\":\"2.0\",\"id\":\"d-1\",\"method\":\"" method "\",\"params\":{" params "}}"

struct row {
  const char *version, *method, *name, *region; /* headers; NULL: absent */
  const char *message;
  int status;
  const char *reply; /* a piece of it */
};

static struct json *doc;
static struct tools *tools;
static struct tool_offer offer;

static int set_up(void **state)
{
  static const char *const raw[] = {"inputSchema", NULL};
  const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  (void)state;
  doc = json_parse(span_of(descriptors), &rules, &f);
  tools = tools_read(doc, json_root(doc), &f);
  offer = tool_offer_make(tools, 0, "agent");
  return tools ? 0 : -1;
}

static int tear_down(void **state)
{
  (void)state;
  tool_offer_free(&offer);
  tools_free(tools);
  json_free(doc);
  return 0;
}

static enum mcp_verdict run(const struct row *row, struct mcp_taken *taken)
{
  static struct mcp_server server = {.name = SPAN_LITERAL("host")};
  server.offer = &offer;
  const char *values[] = {row->version, row->method, row->name, row->region};
  static const char *const names[] = {"MCP-Protocol-Version", "mcp-method", "Mcp-Name",
                                      "Mcp-Param-Region"};
  struct http_header headers[4];
  struct http_request head = {.headers = headers};
  for (size_t i = 0; i < 4; i++)
    if (values[i])
      headers[head.header_count++] =
          (struct http_header){span_of(names[i]), span_of(values[i])};
  mcp_take(&server, &head, span_of(row->message), taken);
  return taken->verdict;
}

static void expect(const struct row *rows, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    struct mcp_taken t;
    struct fault f = {0};
    enum mcp_verdict verdict = run(&rows[i], &t);
    if (verdict != MCP_ANSWERED || t.status != rows[i].status ||
        !strstr(buf_cstring(&t.reply), rows[i].reply))
      fail_msg("row %zu: verdict %d status %d %s", i, (int)verdict, t.status,
               buf_cstring(&t.reply));
    assert_true(t.modern);
    assert_non_null(strstr(buf_cstring(&t.reply), "\"id\":\"d-1\""));
    struct json *reply = json_parse(buf_span(&t.reply), NULL, &f);
    assert_non_null(reply);
    json_free(reply);
    mcp_taken_free(&t);
  }
}

#define ROWS(rows) expect(rows, sizeof rows / sizeof *rows)

static void test_mcp_modern__discover_says_what_is_served(void **state)
{
  (void)state;
  const struct row rows[] = {
      {"2026-07-28", "server/discover", NULL, NULL, ASK("server/discover", META), 200,
       "\"result\":{\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/"
       "serverInfo\":{\"name\":\"host\",\"version\":\"" RUNLET_VERSION "\"}},"
       "\"supportedVersions\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-"
       "26\",\"2024-11-05\"],"
       "\"capabilities\":{\"tools\":{}},\"ttlMs\":3600000,\"cacheScope\":\"private\"}}"},
      {" 2026-07-28\t", "server/discover", NULL, NULL, ASK("server/discover", META), 200,
       "supportedVersions"},
  };
  ROWS(rows);
}

static void test_mcp_modern__the_list_can_be_cached(void **state)
{
  (void)state;
  const struct row rows[] = {
      {"2026-07-28", "tools/list", NULL, NULL, ASK("tools/list", META), 200,
       "\"ttlMs\":3600000,\"cacheScope\":\"private\"}}"},
      {"2026-07-28", "tools/list", NULL, NULL, ASK("tools/list", META), 200,
       "\"tools\":[{\"name\":\"echo\""}};
  ROWS(rows);
}

static void test_mcp_modern__missing_meta_is_32602_with_400(void **state)
{
  (void)state;
  const struct row rows[] = {
      {"2026-07-28", "server/discover", NULL, NULL,
       "{\"jsonrpc\":\"2.0\",\"id\":\"d-1\",\"method\":\"server/discover\"}", 400,
       "-32602"},
      {"2026-07-28", "tools/list", NULL, NULL, ASK("tools/list", ""), 400, "-32602"},
      {"2026-07-28", "tools/list", NULL, NULL,
       ASK("tools/list", "\"_meta\":{\"" C "\":{}}"), 400,
       "-32602,\"message\":\"Invalid params: _meta must have " V "\""},
      {"2026-07-28", "tools/list", NULL, NULL,
       ASK("tools/list", "\"_meta\":{\"" V "\":7,\"" C "\":{}}"), 400, "-32602"},
      {"2026-07-28", "tools/list", NULL, NULL,
       ASK("tools/list", "\"_meta\":{\"" V "\":\"2026-07-28\"}"), 400,
       "-32602,\"message\":\"Invalid params: _meta must have " C "\""},
      {"2026-07-28", "tools/list", NULL, NULL,
       ASK("tools/list", "\"_meta\":{\"" V "\":\"2026-07-28\",\"" C "\":[]}"), 400,
       "-32602"},
      {"2026-07-28", "tools/list", NULL, NULL, ASK("tools/list", "\"_meta\":[]"), 400,
       "-32602"},
  };
  ROWS(rows);
}

static void test_mcp_modern__the_head_must_repeat_the_body(void **state)
{
  (void)state;
  const struct row rows[] = {
      {NULL, "tools/list", NULL, NULL, ASK("tools/list", META), 400,
       "-32020,\"message\":\"Header mismatch: MCP-Protocol-Version is missing\""},
      {"2025-11-25", "tools/list", NULL, NULL, ASK("tools/list", META), 400, "-32020"},
      {"2026-07-28", NULL, NULL, NULL, ASK("tools/list", META), 400,
       "-32020,\"message\":\"Header mismatch: Mcp-Method is missing\""},
      {"2026-07-28", "TOOLS/LIST", NULL, NULL, ASK("tools/list", META), 400, "-32020"},
      {"2026-07-28", "tools/call", NULL, NULL,
       ASK("tools/call", "\"name\":\"echo\"," META), 400,
       "-32020,\"message\":\"Header mismatch: Mcp-Name is missing\""},
      {"2026-07-28", "tools/call", "Echo", NULL,
       ASK("tools/call", "\"name\":\"echo\"," META), 400, "-32020"},
      {"2026-07-28", "tools/call", "=?base64?ZWNobw?=", NULL,
       ASK("tools/call", "\"name\":\"echo\"," META), 400, "-32020"},
      {"2026-07-28", "tools/call", "param", NULL,
       ASK("tools/call", "\"name\":\"param\",\"arguments\":{\"region\":\"eu\"}," META),
       400, "-32020,\"message\":\"Header mismatch: Mcp-Param-Region is missing\""},
      {"2026-07-28", "tools/call", "param", "us",
       ASK("tools/call", "\"name\":\"param\",\"arguments\":{\"region\":\"eu\"}," META),
       400, "-32020"},
  };
  ROWS(rows);
}

static void test_mcp_modern__other_versions_are_32022_with_what_is_served(void **state)
{
  (void)state;
#define FUTURE "\"_meta\":{\"" V "\":\"2099-01-01\",\"" C "\":{}}"
#define LEGACY "\"_meta\":{\"" V "\":\"2025-11-25\",\"" C "\":{}}"
  const struct row rows[] = {
      {"2099-01-01", "tools/list", NULL, NULL, ASK("tools/list", FUTURE), 400,
       "\"error\":{\"code\":-32022,\"message\":\"Unsupported protocol "
       "version\",\"data\":{\"supported\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\","
       "\"2025-03-26\",\"2024-11-05\"],\"requested\":\"2099-01-01\"}}"},
      {"2025-11-25", "tools/list", NULL, NULL, ASK("tools/list", LEGACY), 400, "-32022"},
      {"2026-07-28", "tools/list", NULL, NULL, ASK("tools/list", FUTURE), 400,
       "-32020"}, /* first */
  };
  ROWS(rows);
}

static void test_mcp_modern__removed_and_unknown_methods_are_404(void **state)
{
  (void)state;
#define GONE "\"error\":{\"code\":-32601,"
  const struct row rows[] = {
      {"2026-07-28", "initialize", NULL, NULL, ASK("initialize", META), 404, GONE},
      {"2026-07-28", "ping", NULL, NULL, ASK("ping", META), 404, GONE},
      {"2026-07-28", "logging/setLevel", NULL, NULL, ASK("logging/setLevel", META), 404,
       GONE},
      {"2026-07-28", "resources/subscribe", NULL, NULL, ASK("resources/subscribe", META),
       404, GONE},
      {"2026-07-28", "subscriptions/listen", NULL, NULL,
       ASK("subscriptions/listen", META), 404, GONE},
      {"2026-07-28", "prompts/list", NULL, NULL, ASK("prompts/list", META), 404, GONE},
      {"2026-07-28", "unknown/method", NULL, NULL, ASK("unknown/method", META), 404,
       GONE},
  };
  ROWS(rows);
}

static void test_mcp_modern__a_call_is_taken_by_plain_and_encoded_names(void **state)
{
  (void)state;
  const struct row rows[] = {
      {"2026-07-28", "tools/call", " echo ", NULL,
       ASK("tools/call", "\"name\":\"echo\"," META), 0, NULL},
      {"2026-07-28", "tools/call", "=?base64?Y2Fmw6k=?=", NULL,
       ASK("tools/call", "\"name\":\"caf\xc3\xa9\"," META), 0, NULL},
      {"2026-07-28", "tools/call", "param", "eu",
       ASK("tools/call", "\"name\":\"param\",\"arguments\":{\"region\":\"eu\"}," META), 0,
       NULL},
      {"2026-07-28", "tools/call", "param", NULL,
       ASK("tools/call", "\"name\":\"param\",\"arguments\":{\"region\":null}," META), 0,
       NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct mcp_taken t;
    assert_int_equal(run(&rows[i], &t), MCP_CALL);
    assert_true(t.call.modern);
    struct buf reply = buf_make(MIB);
    assert_int_equal(
        mcp_finish(&t.call, &(struct tool_answer){.result = SPAN_LITERAL("1")}, &reply),
        200);
    assert_non_null(strstr(buf_cstring(&reply),
                           "\"result\":{\"resultType\":\"complete\",\"_meta\":{"
                           "\"io.modelcontextprotocol/serverInfo\""));
    buf_free(&reply);
    mcp_taken_free(&t);
  }
  const struct row unknown[] = {{"2026-07-28", "tools/call", "ghost", NULL,
                                 ASK("tools/call", "\"name\":\"ghost\"," META), 200,
                                 "-32602,\"message\":\"Unknown tool: ghost\""}};
  ROWS(unknown);
}

static void test_mcp_modern__client_info_and_sessions_are_not_demanded(void **state)
{
  (void)state;
  struct mcp_message m;
  struct fault f = {0};
  assert_int_equal(mcp_message_read(&m, span_of(ASK("tools/list", META)), &f), 0);
  assert_true(mcp_modern_is(&m, (struct span){0}));
  mcp_message_free(&m);
  assert_int_equal(mcp_message_read(&m, span_of(ASK("initialize", "")), &f), 0);
  assert_false(mcp_modern_is(&m, SPAN_LITERAL(MCP_MODERN_VERSION)));
  mcp_message_free(&m);
  assert_int_equal(mcp_message_read(&m, span_of(ASK("tools/list", "")), &f), 0);
  assert_false(mcp_modern_is(&m, SPAN_LITERAL("2025-11-25")));
  mcp_message_free(&m);
}

#define TEST(name) cmocka_unit_test(test_mcp_modern__##name)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(discover_says_what_is_served),
      TEST(the_list_can_be_cached),
      TEST(missing_meta_is_32602_with_400),
      TEST(the_head_must_repeat_the_body),
      TEST(other_versions_are_32022_with_what_is_served),
      TEST(removed_and_unknown_methods_are_404),
      TEST(a_call_is_taken_by_plain_and_encoded_names),
      TEST(client_info_and_sessions_are_not_demanded),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
