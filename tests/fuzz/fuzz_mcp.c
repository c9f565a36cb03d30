/* SPDX-License-Identifier: MIT */
/* Whatever a client sends in either era: each answer is one JSON-RPC message that carries
 * the id, each call has JSON arguments and can be finished and show progress.  Input:
 * header lines
 * ("name:value"), an empty line, the body. */
#include "base/json.h"
#include "base/limits.h"
#include "bridge/mcp.h"
#include "bridge/mcp_message.h"
#include "bridge/tool_answer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS = 8 };

static const char descriptors[] =
    "[{\"name\":\"echo\"},{\"name\":\"mcp\",\"resultFormat\":\"mcp\"},"
    "{\"name\":\"param\",\"inputSchema\":{\"type\":\"object\",\"properties\":{"
    "\"s\":{\"x-mcp-header\":\"S\"},\"n\":{\"x-mcp-header\":\"N\"},"
    "\"o\":{\"properties\":{\"b\":{\"x-mcp-header\":\"B\"}}}}}}]";

static struct mcp_server server;

static void expect(bool so)
{
  if (!so)
    abort();
}

static void set_up(void)
{
  static const char *const raw[] = {"inputSchema", NULL};
  const struct json_rules rules = {.raw = raw};
  static struct json *doc; /* lives as long as the process */
  struct fault f = {0};
  doc = json_parse(span_of(descriptors), &rules, &f);
  server.tools = tools_read(doc, json_root(doc), &f);
  expect(server.tools != NULL);
}

static struct span line_of(struct span *text)
{
  size_t n = 0;
  while (n < text->len && text->at[n] != '\n')
    n++;
  struct span line = {text->at, n};
  *text = span_after(*text, n < text->len ? n + 1 : n);
  return line;
}

static size_t read_headers(struct span *text, struct http_header headers[HEADERS])
{
  size_t count = 0;
  for (struct span line = line_of(text); line.len > 0; line = line_of(text)) {
    size_t n = 0;
    while (n < line.len && line.at[n] != ':')
      n++;
    if (n < line.len && count < HEADERS)
      headers[count++] =
          (struct http_header){{line.at, n}, span_trim(span_after(line, n + 1))};
  }
  return count;
}

static void expect_message(struct span text)
{
  struct mcp_message m;
  struct fault f = {0};
  int code = mcp_message_read(&m, text, &f);
  /* A refusal without an id is the one response whose id is null. */
  expect(code == 0 && (m.kind == MCP_RESPONSE || m.kind == MCP_NOTIFICATION));
  mcp_message_free(&m);
}

static void finish(const struct mcp_call *call, const struct tool_answer *answer)
{
  struct buf out = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  int status = mcp_finish(call, answer, &out);
  expect(status == 200 || (status == 400 && call->modern));
  expect_message(buf_span(&out));
  buf_clear(&out);
  if (call->progress_token_json.len > 0) {
    mcp_progress(call, 1, &out);
    expect_message(buf_span(&out));
  }
  buf_free(&out);
}

static void finish_all(const struct mcp_call *call)
{
  struct fault f = {0};
  struct json *args = json_parse(buf_span(&call->args_json), NULL, &f);
  expect(args != NULL || f.kind == FAULT_TOO_BIG);
  json_free(args);
  /* The arguments are as good a result as any. */
  finish(call, &(struct tool_answer){.result = buf_span(&call->args_json)});
  finish(call, &(struct tool_answer){.result = buf_span(&call->id_json)});
  finish(call, &(struct tool_answer){.failure = buf_span(&call->args_json)});
}

static void take(const struct http_request *head, struct span message)
{
  struct mcp_taken t;
  mcp_take(&server, head, message, &t);
  if (t.verdict == MCP_ANSWERED) {
    expect(t.status == 200 || t.status == 400 || t.status == 404);
    expect_message(buf_span(&t.reply));
  } else {
    expect(t.reply.len == 0);
  }
  if (t.verdict == MCP_CALL)
    finish_all(&t.call);
  if (t.verdict == MCP_CANCEL)
    expect(t.call.id_json.len > 0);
  mcp_taken_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct http_header headers[HEADERS];
  struct span text = {(const char *)data, size}, element;
  struct buf body = buf_make(4 * size + 1);
  if (!server.tools)
    set_up();
  struct http_request head = {.headers = headers,
                              .header_count = read_headers(&text, headers)};
  (void)utf8_repair(text, &body); /* as the bridge does */
  for (int i = 0; i < 2; i++) {
    server.legacy_only = i;
    take(&head, buf_span(&body));
  }
  struct span rest = buf_span(&body);
  for (int i = 0; i < 16 && mcp_message_next(&rest, &element); i++) {
    expect(element.at >= body.at && element.at + element.len <= body.at + body.len);
    take(NULL, element);
  }
  buf_free(&body);
  return 0;
}
