/* SPDX-License-Identifier: MIT */
/* Whatever a client sends in either era: each answer is one JSON-RPC message, each call
 * has JSON arguments and can be finished and show progress.  Input: header lines
 * ("name:value"), an empty line, the body.
 *
 * A head and a body that agree are hard to find by chance, so each body is also sent
 * with the head that 2026-07-28 asks for.  That one is never refused for its head, and
 * always without its last header. */
#include "base/json.h"
#include "base/limits.h"
#include "bridge/mcp.h"
#include "bridge/mcp_message.h"
#include "tool/tool_answer.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS = 8 };

static const char descriptors[] =
    "[{\"name\":\"echo\"},{\"name\":\"mcp\",\"resultFormat\":\"mcp\"},"
    "{\"name\":\"param\",\"inputSchema\":{\"type\":\"object\",\"properties\":{"
    "\"s\":{\"x-mcp-header\":\"S\"},\"n\":{\"x-mcp-header\":\"N\"},"
    "\"o\":{\"properties\":{\"b\":{\"x-mcp-header\":\"B\"}}}}}}]";

static struct mcp_server server = {.name = SPAN_LITERAL("host")};

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
  const struct tools *tools = tools_read(doc, json_root(doc), &f);
  expect(tools != NULL);
  static struct tool_offer offer;
  offer = tool_offer_make(tools, ~0u, "agent"); /* all that some agent needs */
  server.offer = &offer;
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
  static const char *const raw[] = {"args", NULL}; /* in a name even NUL may pass */
  const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  struct buf wrapped = buf_make(call->args_json.len + 64);
  buf_add_text(&wrapped, "{\"args\":");
  buf_add(&wrapped, buf_span(&call->args_json));
  buf_add_char(&wrapped, '}');
  struct json *doc = json_parse(buf_span(&wrapped), &rules, &f);
  expect((doc != NULL && json_count(json_root(doc)) == 1) || f.kind == FAULT_TOO_BIG);
  json_free(doc);
  buf_free(&wrapped);
  /* The arguments are as good a result as any. */
  finish(call, &(struct tool_answer){.result = buf_span(&call->args_json)});
  finish(call, &(struct tool_answer){.result = buf_span(&call->id_json)});
  finish(call, &(struct tool_answer){.failure = buf_span(&call->args_json)});
}

/* 0, or the code of the JSON-RPC error it was answered with. */
static int take(const struct http_request *head, struct span message)
{
  struct mcp_taken t;
  int code = 0;
  mcp_take(&server, head, message, &t);
  if (t.verdict == MCP_ANSWERED) {
    expect(t.status == 200 || t.status == 400 || t.status == 404);
    expect_message(buf_span(&t.reply));
    struct span error = json_slice(buf_span(&t.reply), "error");
    code = error.len ? atoi(json_slice(error, "code").at) : 0;
    expect(code == 0 || code <= -32000);
  } else {
    expect(t.reply.len == 0);
  }
  if (t.verdict == MCP_CALL)
    finish_all(&t.call);
  if (t.verdict == MCP_CANCEL)
    expect(t.call.id_json.len > 0);
  mcp_taken_free(&t);
  return code;
}

/* -- the head that a body of 2026-07-28 asks for -- */

struct honest {
  struct http_header headers[HEADERS];
  struct buf values[HEADERS];
  size_t count;
};

static void say(struct honest *h, const char *name, struct buf *value)
{
  h->headers[h->count] = (struct http_header){span_of(name), buf_span(value)};
  h->values[h->count++] = *value;
}

static void say_encoded(struct honest *h, const char *name, struct span text)
{
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  struct buf value = buf_make(2 * text.len + 64);
  buf_add_text(&value, "=?base64?");
  for (size_t i = 0; i < text.len; i += 3) {
    unsigned bits = 0;
    for (size_t k = i; k < i + 3; k++)
      bits = bits << 8 | (k < text.len ? (unsigned char)text.at[k] : 0);
    for (size_t k = 0; k < 4; k++)
      buf_add_char(&value, i + k > text.len ? '=' : digits[bits >> (18 - 6 * k) & 63]);
  }
  buf_add_text(&value, "?=");
  say(h, name, &value);
}

static void say_plain(struct honest *h, const char *name, struct span text)
{
  struct buf value = buf_make(text.len + 1);
  buf_add(&value, text);
  say(h, name, &value);
}

/* False: no header can hold it (a lone surrogate has no UTF-8), or no double. */
static bool say_param(struct honest *h, const char *name, struct json *doc, json_at value)
{
  enum json_kind kind = json_kind(value);
  struct span text = json_text(doc, value, (struct span){0});
  if (kind == JSON_STRING)
    say_encoded(h, name, text);
  else if (kind == JSON_TRUE || kind == JSON_FALSE)
    say_plain(h, name, span_of(kind == JSON_TRUE ? "true" : "false"));
  else if (kind == JSON_NUMBER)
    say_plain(h, name, json_raw(value));
  return kind == JSON_NUMBER ? isfinite(atof(json_raw(value).at)) : utf8_valid(text);
}

/* False: these are not arguments that every tool with such parameters takes. */
static bool say_params(struct honest *h, json_at arguments)
{
  static const char *const raw[] = {"s", "n", "b", NULL}; /* numbers in their own words */
  const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  struct json *doc = json_parse(json_raw(arguments), &rules, &f);
  json_at root = json_root(doc);
  bool taken = say_param(h, "Mcp-Param-S", doc, json_get(root, "s"));
  taken &= say_param(h, "mcp-param-n", doc, json_get(root, "n"));
  taken &= say_param(h, "MCP-PARAM-B", doc, json_get(json_get(root, "o"), "b"));
  json_free(doc);
  return taken && doc;
}

static void take_honestly(struct span message)
{
  struct mcp_message m;
  struct fault f = {0};
  struct honest h = {.count = 0};
  if (mcp_message_read(&m, message, &f) == 0 && m.kind == MCP_REQUEST) {
    struct span name = mcp_message_text(&m, m.params, "name");
    bool calls = span_is(m.method, "tools/call") && name.at;
    say_plain(&h, "mcp-method", m.method);
    say_plain(&h, "mcp-protocol-version", SPAN_LITERAL("2026-07-28"));
    if (calls)
      say_encoded(&h, "Mcp-Name", name);
    bool taken = !calls || utf8_valid(name); /* a lone surrogate has no UTF-8 */
    if (calls && span_is(name, "param"))
      taken = say_params(&h, json_get(m.params, "arguments"));
    struct http_request head = {.headers = h.headers, .header_count = h.count};
    int code = take(&head, message);
    json_at meta = json_get(m.params, "_meta");
    bool modern =
        span_is(mcp_message_text(&m, meta, "io.modelcontextprotocol/protocolVersion"),
                "2026-07-28");
    bool plain = span_equal(span_trim(m.method), m.method);
    expect(code != MCP_HEADER_MISMATCH || !modern || !plain || !taken);
    head.header_count--;
    if (modern && code == 0)
      expect(take(&head, message) == MCP_HEADER_MISMATCH);
  }
  for (size_t i = 0; i < h.count; i++)
    buf_free(&h.values[i]);
  mcp_message_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct http_header headers[HEADERS];
  struct span text = {(const char *)data, size}, element;
  struct buf body = buf_make(4 * size + 1);
  if (!server.offer)
    set_up();
  struct http_request head = {.headers = headers,
                              .header_count = read_headers(&text, headers)};
  (void)utf8_repair(text, &body); /* as the bridge does */
  for (int i = 0; i < 2; i++) {
    server.legacy_only = i;
    (void)take(&head, buf_span(&body));
  }
  server.legacy_only = false;
  take_honestly(buf_span(&body));
  struct span rest = buf_span(&body);
  for (int i = 0; i < 16 && mcp_message_next(&rest, &element); i++) {
    expect(element.at >= body.at && element.at + element.len <= body.at + body.len);
    (void)take(NULL, element);
  }
  buf_free(&body);
  return 0;
}
