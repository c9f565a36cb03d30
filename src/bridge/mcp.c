/* SPDX-License-Identifier: MIT */
/* mcp.c - see mcp.h. */
#include "bridge/mcp.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/version.h"
#include "bridge/tool_answer.h"

#include <string.h>

#define PARSE_ERROR      (-32700)
#define INVALID_REQUEST  (-32600)
#define METHOD_NOT_FOUND (-32601)
#define INVALID_PARAMS   (-32602)

static const char *const versions[] = {"2025-11-25", "2025-06-18", "2025-03-26",
                                       "2024-11-05"};

bool mcp_knows_version(struct span version)
{
  for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
    if (span_is(version, versions[i]))
      return true;
  return false;
}

/* -- replies -- */

static struct json_writer reply_open(struct buf *reply, struct span id)
{
  struct json_writer w = json_write_to(reply);
  json_open(&w, NULL, '{');
  json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
  json_put_raw(&w, "id", id.len ? id : SPAN_LITERAL("null"));
  return w;
}

static void reply_error(struct buf *reply, struct span id, int code, const char *message,
                        struct span detail)
{
  struct buf text = buf_make(LIMIT_BRIDGE_BODY_BYTES);
  buf_add_text(&text, message);
  buf_add(&text, detail);
  struct json_writer w = reply_open(reply, id);
  json_open(&w, "error", '{');
  json_put_int(&w, "code", code);
  json_put_text(&w, "message", buf_span(&text));
  json_close(&w, '}');
  json_close(&w, '}');
  buf_free(&text);
}

static void reply_raw(struct buf *reply, struct span id, struct span result)
{
  struct json_writer w = reply_open(reply, id);
  json_put_raw(&w, "result", result);
  json_close(&w, '}');
}

static void reply_initialize(struct buf *reply, struct span id, struct span asked)
{
  struct json_writer w = reply_open(reply, id);
  json_open(&w, "result", '{');
  json_put_text(&w, "protocolVersion",
                mcp_knows_version(asked) ? asked : span_of(versions[0]));
  json_put_raw(&w, "capabilities", SPAN_LITERAL("{\"tools\":{}}"));
  json_open(&w, "serverInfo", '{');
  json_put_text(&w, "name", SPAN_LITERAL(MCP_SERVER_NAME));
  json_put_text(&w, "version", SPAN_LITERAL(RUNLET_VERSION));
  json_close(&w, '}');
  json_close(&w, '}');
  json_close(&w, '}');
}

static void reply_list(struct buf *reply, struct span id, const struct tools *tools)
{
  struct json_writer w = reply_open(reply, id);
  json_open(&w, "result", '{');
  json_put_raw(&w, "tools", tools_list_json(tools));
  json_close(&w, '}');
  json_close(&w, '}');
}

/* -- requests -- */

static enum mcp_verdict take_call(const struct tools *tools, struct json *doc,
                                  json_at params, struct span id, struct buf *reply,
                                  struct mcp_call *call)
{
  json_at name = json_get(params, "name"), arguments = json_get(params, "arguments");
  if (json_kind(name) != JSON_STRING) {
    reply_error(reply, id, INVALID_PARAMS, "Invalid params: name must be a string",
                (struct span){0});
    return MCP_ANSWERED;
  }
  struct span wanted = json_text(doc, name, (struct span){0});
  const struct tool *tool = tools_find(tools, wanted);
  if (!tool) {
    reply_error(reply, id, INVALID_PARAMS, "Unknown tool: ", wanted);
    return MCP_ANSWERED;
  }
  enum json_kind kind = json_kind(arguments);
  if (kind != JSON_ABSENT && kind != JSON_NULL && kind != JSON_OBJECT) {
    reply_error(reply, id, INVALID_PARAMS, "Invalid params: arguments must be an object",
                (struct span){0});
    return MCP_ANSWERED;
  }
  struct span args = kind == JSON_OBJECT ? json_raw(arguments) : SPAN_LITERAL("{}");
  struct span progress = json_raw(json_get(json_get(params, "_meta"), "progressToken"));
  *call = (struct mcp_call){.id_json = buf_make(id.len + 1),
                            .args_json = buf_make(args.len + 1),
                            .progress_token_json = buf_make(progress.len + 1),
                            .tool = tool};
  buf_add(&call->id_json, id);
  buf_add(&call->args_json, args);
  buf_add(&call->progress_token_json, progress);
  return MCP_CALL;
}

static enum mcp_verdict take_request(const struct tools *tools, struct json *doc,
                                     struct span method, struct span id,
                                     struct buf *reply, struct mcp_call *call)
{
  json_at params = json_get(json_root(doc), "params");
  if (span_is(method, "tools/call"))
    return take_call(tools, doc, params, id, reply, call);
  if (span_is(method, "initialize"))
    reply_initialize(
        reply, id, json_text(doc, json_get(params, "protocolVersion"), (struct span){0}));
  else if (span_is(method, "tools/list"))
    reply_list(reply, id, tools);
  else if (span_is(method, "ping"))
    reply_raw(reply, id, SPAN_LITERAL("{}"));
  else
    reply_error(reply, id, METHOD_NOT_FOUND, "Method not found: ", method);
  return MCP_ANSWERED;
}

static enum mcp_verdict take_cancel(struct json *doc, struct mcp_call *call)
{
  struct span id = json_raw(json_get(json_get(json_root(doc), "params"), "requestId"));
  *call = (struct mcp_call){.id_json = buf_make(id.len + 1)};
  buf_add(&call->id_json, id);
  return MCP_CANCEL;
}

enum mcp_verdict mcp_take(const struct tools *tools, struct span message,
                          struct buf *reply, struct mcp_call *call, int *status)
{
  static const char *const raw[] = {"id", "arguments", "progressToken", "requestId",
                                    NULL};
  const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  *status = 200;
  struct json *doc = json_parse(message, &rules, &f);
  json_at root = json_root(doc), id = json_get(root, "id"),
          method = json_get(root, "method");
  enum json_kind id_kind = json_kind(id);
  bool has_id = id_kind == JSON_STRING || id_kind == JSON_NUMBER;
  enum mcp_verdict verdict = MCP_ANSWERED;
  if (!doc) {
    *status = 400;
    reply_error(reply, (struct span){0}, PARSE_ERROR, "Parse error: ", span_of(f.text));
  } else if (json_kind(method) == JSON_STRING && id_kind == JSON_ABSENT) {
    bool cancels =
        span_is(json_text(doc, method, (struct span){0}), "notifications/cancelled");
    verdict = cancels ? take_cancel(doc, call) : MCP_SILENT;
  } else if (json_kind(method) == JSON_STRING && has_id) {
    verdict = take_request(tools, doc, json_text(doc, method, (struct span){0}),
                           json_raw(id), reply, call);
  } else if (has_id && (json_get(root, "result") || json_get(root, "error"))) {
    verdict = MCP_SILENT; /* an answer to a question we never ask */
  } else {
    *status = 400;
    reply_error(reply, has_id ? json_raw(id) : (struct span){0}, INVALID_REQUEST,
                "Invalid Request: not a JSON-RPC request", (struct span){0});
  }
  json_free(doc);
  return verdict;
}

/* -- the answer to a call -- */

static void put_content(struct json_writer *w, struct span text, bool failed)
{
  json_open(w, "result", '{');
  json_open(w, "content", '[');
  json_open(w, NULL, '{');
  json_put_text(w, "type", SPAN_LITERAL("text"));
  json_put_text(w, "text", text);
  json_close(w, '}');
  json_close(w, ']');
  if (failed)
    json_put_bool(w, "isError", true);
  json_close(w, '}');
}

void mcp_finish(const struct mcp_call *call, const struct tool_answer *answer,
                struct buf *reply)
{
  struct json_writer w = reply_open(reply, buf_span(&call->id_json));
  bool is_text = json_slice_kind(answer->result) == JSON_STRING;
  if (answer->error.len > 0) {
    json_put_raw(&w, "error", answer->error);
  } else if (answer->failure.len > 0) {
    put_content(&w, answer->failure, true);
  } else if (call->tool->result_is_mcp &&
             json_slice_kind(answer->result) == JSON_OBJECT) {
    json_put_raw(&w, "result", answer->result);
  } else if (is_text) {
    struct buf text = buf_make(answer->result.len + 1);
    json_unescape(answer->result, &text);
    put_content(&w, buf_span(&text), false);
    buf_free(&text);
  } else {
    put_content(&w, answer->result, false); /* the orchestrator's own bytes, as text */
  }
  json_close(&w, '}');
}

void mcp_progress(const struct mcp_call *call, unsigned step, struct buf *message)
{
  struct json_writer w = json_write_to(message);
  json_open(&w, NULL, '{');
  json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
  json_put_text(&w, "method", SPAN_LITERAL("notifications/progress"));
  json_open(&w, "params", '{');
  json_put_raw(&w, "progressToken", buf_span(&call->progress_token_json));
  json_put_int(&w, "progress", step);
  json_close(&w, '}');
  json_close(&w, '}');
}

void mcp_call_free(struct mcp_call *call)
{
  buf_free(&call->id_json);
  buf_free(&call->args_json);
  buf_free(&call->progress_token_json);
}
