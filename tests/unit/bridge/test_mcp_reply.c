/* SPDX-License-Identifier: MIT */
#include "bridge/mcp_reply.h"

#include "base/json.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct span none = {0};

#define MODERN                                                                           \
  "\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"       \
  "{\"name\":\"host\",\"version\":\"" RUNLET_VERSION "\"}}"

/* What was written must be this text, and JSON. */
static void expect(struct buf *out, const char *text)
{
  struct fault f = {0};
  struct json *doc = json_parse(buf_span(out), NULL, &f);
  assert_string_equal(buf_cstring(out), text);
  assert_non_null(doc);
  json_free(doc);
  buf_free(out);
}

static void test_mcp_reply__errors_carry_the_ids_own_bytes_or_null(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  mcp_reply_error(&out, SPAN_LITERAL("\"\\u0031\""), -32601, SPAN_LITERAL("no \"x\"\n"),
                  (struct span){0});
  expect(&out, "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0031\",\"error\":{\"code\":-32601,"
               "\"message\":\"no \\\"x\\\"\\n\"}}");
  mcp_reply_error(&out, (struct span){0}, -32700, SPAN_LITERAL("bad"),
                  SPAN_LITERAL("[1]"));
  expect(&out, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
               "\"message\":\"bad\",\"data\":[1]}}");
  mcp_reply_raw_error(&out, SPAN_LITERAL("0"), SPAN_LITERAL("{\"code\":1.0}"));
  expect(&out, "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":1.0}}");
}

static void test_mcp_reply__a_text_is_escaped_once(void **state)
{
  (void)state;
  struct buf out = buf_make(2 * KIB);
  mcp_reply_text(&out, SPAN_LITERAL("1"), none, SPAN_LITERAL("a\"b"), false, MCP_TEXT);
  expect(&out,
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
         "\"text\":\"a\\\"b\"}]}}");
  mcp_reply_text(&out, SPAN_LITERAL("1"), none, SPAN_LITERAL("\"a\\/b\""), true,
                 MCP_TEXT_FAILED);
  expect(&out,
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
         "\"text\":\"a\\/b\"}],\"isError\":true}}");
  mcp_reply_text(&out, SPAN_LITERAL("1"), SPAN_LITERAL("host"), SPAN_LITERAL("a"), false,
                 MCP_TEXT);
  expect(&out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{" MODERN
               ",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}}");
  mcp_reply_text(&out, SPAN_LITERAL("1"), none, SPAN_LITERAL("[1]"), false,
                 MCP_TEXT_STRUCTURED);
  expect(&out,
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\","
         "\"text\":\"[1]\"}],\"structuredContent\":{}}}");
}

static void test_mcp_reply__a_text_above_the_ceiling_leaves_nothing(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  char text[900];
  memset(text, 'a', sizeof text);
  mcp_reply_text(&out, SPAN_LITERAL("1"), none, (struct span){text, sizeof text}, false,
                 MCP_TEXT);
  assert_true(out.overflowed);
  assert_int_equal(out.len, 0);
  buf_free(&out);
}

static void test_mcp_reply__a_ready_result_keeps_its_bytes(void **state)
{
  (void)state;
  struct buf out = buf_make(KIB);
  struct span result = SPAN_LITERAL(" { \"content\":[],\"big\":123456789012345678901 } ");
  mcp_reply_ready(&out, SPAN_LITERAL("1"), none, result);
  expect(&out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{ \"content\":[],"
               "\"big\":123456789012345678901 }}");
  mcp_reply_ready(&out, SPAN_LITERAL("1"), SPAN_LITERAL("host"), result);
  expect(&out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{" MODERN
               ", \"content\":[],\"big\":123456789012345678901 }}");
  mcp_reply_ready(&out, SPAN_LITERAL("1"), SPAN_LITERAL("host"),
                  SPAN_LITERAL("{\"content\":[],\"resultType\":\"x\",\"_meta\":{}}"));
  expect(&out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[],"
               "\"resultType\":\"x\",\"_meta\":{}}}");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mcp_reply__errors_carry_the_ids_own_bytes_or_null),
      cmocka_unit_test(test_mcp_reply__a_text_is_escaped_once),
      cmocka_unit_test(test_mcp_reply__a_text_above_the_ceiling_leaves_nothing),
      cmocka_unit_test(test_mcp_reply__a_ready_result_keeps_its_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
