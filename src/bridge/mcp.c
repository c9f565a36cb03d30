/* SPDX-License-Identifier: MIT */
/* mcp.c - which era a message is of, the legacy era itself, and the answer to a call. */
#include "mcp.h"

#include "base/json.h"
#include "base/limits.h"
#include "mcp_message.h"
#include "mcp_modern.h"
#include "mcp_reply.h"
#include "mcp_result.h"
#include "request/tool_schema.h"
#include "tool/tool_answer.h"

#define LEGACY_VERSIONS "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"

static const char *const legacy_versions[] = {LEGACY_VERSIONS};
static const struct span legacy = {0}; /* a result that does not name its server */
static const char all_versions[] =
    "[\"" MCP_MODERN_VERSION "\",\"2025-11-25\",\"2025-06-18\","
    "\"2025-03-26\",\"2024-11-05\"]";

struct taking { /* one mcp_take() */
  const struct mcp_server *server;
  const struct http_request *head;
  struct mcp_message m;
  struct mcp_taken *taken;
};

static bool is_legacy_version(struct span version)
{
  for (size_t i = 0; i < sizeof legacy_versions / sizeof *legacy_versions; i++)
    if (span_is(version, legacy_versions[i]))
      return true;
  return false;
}

bool mcp_takes_arrays(struct span version)
{
  return version.len == 0 || span_is(version, "2025-03-26") ||
         span_is(version, "2024-11-05");
}

/* -- refusals -- */

/* `words` are the client's own; they are cut. */
static void refuse(struct taking *t, int status, int code, const char *message,
                   struct span words)
{
  struct buf text = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  buf_add_text(&text, message);
  (void)utf8_repair(span_cut_utf8(words, LIMIT_BRIDGE_ECHO_BYTES), &text);
  mcp_reply_error(&t->taken->reply, t->m.id, code, buf_span(&text), (struct span){0});
  t->taken->status = status;
  buf_free(&text);
}

/* Names what is served: a client may come again with one of those. */
static void refuse_version(struct taking *t, struct span asked)
{
  struct buf text = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  buf_add_text(&text, "Bad Request: Unsupported protocol version: ");
  (void)utf8_repair(span_cut_utf8(asked, LIMIT_BRIDGE_ECHO_BYTES), &text);
  buf_add_text(&text, " (supported versions: ");
  if (!t->server->legacy_only)
    buf_add_text(&text, MCP_MODERN_VERSION ", ");
  for (size_t i = 0; i < sizeof legacy_versions / sizeof *legacy_versions; i++)
    buf_addf(&text, "%s%s", i ? ", " : "", legacy_versions[i]);
  buf_add_char(&text, ')');
  mcp_reply_error(&t->taken->reply, t->m.id, MCP_UNSUPPORTED, buf_span(&text),
                  (struct span){0});
  t->taken->status = 400;
  buf_free(&text);
}

static struct span header(const struct taking *t, const char *name)
{
  return t->head ? span_trim(http_request_header(t->head, name)) : (struct span){0};
}

/* -- tools/call -- */

static void keep(struct buf *to, struct span bytes)
{
  *to = buf_make(bytes.len + 1);
  buf_add(to, bytes);
}

/* As it was sent; empty if it is neither a string nor a number. */
static struct span progress_token(const struct mcp_message *m)
{
  json_at token = json_get(json_get(m->params, "_meta"), "progressToken");
  enum json_kind kind = json_kind(token);
  return kind == JSON_STRING || kind == JSON_NUMBER ? json_raw(token) : (struct span){0};
}

/* Not what the agent itself has put in. */
static void keep_arguments(struct taking *t, const struct tool *tool, struct span args)
{
  struct span own = SPAN_LITERAL(TOOL_WAIT_PARAMETER);
  bool drop = t->server->offer->needs & NEEDS_WAIT_DROPPED &&
              !tool_schema_has(tool->input_schema, own);
  struct buf *to = &t->taken->call.args_json;
  *to = buf_make(args.len + 1);
  if (drop)
    json_slice_without(args, own, to);
  else
    buf_add(to, args);
}

/* Everything that is wrong with a call is said before a tool is run. */
static void take_call(struct taking *t)
{
  struct mcp_message *m = &t->m;
  struct mcp_taken *taken = t->taken;
  struct span name = mcp_message_text(m, m->params, "name"), none = {0};
  json_at arguments = json_get(m->params, "arguments");
  enum json_kind kind = json_kind(arguments);
  if (!name.at) {
    refuse(t, 200, MCP_INVALID_PARAMS, "Invalid params: name must be a string", none);
    return;
  }
  const struct tool *tool = tools_by_alias(t->server->offer->tools, name);
  if (!tool) {
    refuse(t, 200, MCP_INVALID_PARAMS, "Unknown tool: ", name);
    return;
  }
  if (kind != JSON_ABSENT && kind != JSON_NULL && kind != JSON_OBJECT) {
    refuse(t, 200, MCP_INVALID_PARAMS, "Invalid params: arguments must be an object",
           none);
    return;
  }
  struct span args = kind == JSON_OBJECT ? json_raw(arguments) : SPAN_LITERAL("{}");
  if (taken->modern &&
      !mcp_modern_check_call(m, t->head, tool, args, &taken->reply, &taken->status))
    return;
  taken->verdict = MCP_CALL;
  taken->call.tool = tool;
  taken->call.server = t->server;
  taken->call.modern = taken->modern;
  keep(&taken->call.id_json, m->id);
  keep_arguments(t, tool, args);
  keep(&taken->call.progress_token_json, progress_token(m));
}

/* -- legacy -- */

/* The client's version if we serve it, else our newest: it may go on or hang up. */
static void initialize(struct taking *t)
{
  struct span asked = mcp_message_text(&t->m, t->m.params, "protocolVersion");
  struct json_writer w = mcp_reply_begin(&t->taken->reply, t->m.id, legacy);
  json_put_text(&w, "protocolVersion",
                is_legacy_version(asked) ? asked : span_of(legacy_versions[0]));
  json_put_raw(&w, "capabilities", SPAN_LITERAL("{\"tools\":{}}"));
  mcp_reply_server_info(&w, "serverInfo", t->server->name);
  mcp_reply_end(&w);
  t->taken->greeted = t->taken->listed = true;
}

static void list(struct taking *t)
{
  struct json_writer w = mcp_reply_begin(&t->taken->reply, t->m.id, legacy);
  json_put_raw(&w, "tools", buf_span(&t->server->offer->list));
  mcp_reply_end(&w);
  t->taken->listed = true;
}

static void take_legacy(struct taking *t)
{
  struct span method = t->m.method;
  if (t->m.odd_params) {
    refuse(t, 200, MCP_INVALID_PARAMS, "Invalid params: params must be an object",
           (struct span){0});
  } else if (span_is(method, "tools/call")) {
    take_call(t);
  } else if (span_is(method, "tools/list")) {
    list(t);
  } else if (span_is(method, "initialize")) {
    initialize(t);
  } else if (span_is(method, "ping")) {
    struct json_writer w = mcp_reply_begin(&t->taken->reply, t->m.id, legacy);
    mcp_reply_end(&w);
  } else {
    refuse(t, 200, MCP_METHOD_NOT_FOUND, "Method not found: ", method);
  }
}

/* -- modern -- */

/* The head is needed, for it must repeat the body. */
static void take_modern(struct taking *t)
{
  struct mcp_taken *taken = t->taken;
  struct span method = t->m.method, versions = span_of(all_versions);
  taken->modern = true;
  if (!t->head) {
    refuse(t, 400, MCP_INVALID_REQUEST,
           "Invalid Request: " MCP_MODERN_VERSION " has no arrays of messages",
           (struct span){0});
    return;
  }
  if (!mcp_modern_check(&t->m, t->head, versions, &taken->reply, &taken->status))
    return;
  if (span_is(method, "tools/call")) {
    take_call(t);
  } else if (span_is(method, "tools/list")) {
    mcp_modern_list(t->m.id, t->server->name, buf_span(&t->server->offer->list),
                    &taken->reply);
    taken->listed = true;
  } else if (span_is(method, "server/discover")) {
    mcp_modern_discover(t->m.id, t->server->name, versions, &taken->reply);
    taken->listed = true;
  } else {
    refuse(t, 404, MCP_METHOD_NOT_FOUND, "Method not found: ", method);
  }
}

/* -- one message -- */

static void take_request(struct taking *t)
{
  struct span version = header(t, "MCP-Protocol-Version");
  bool greets = span_is(t->m.method, "initialize");
  if (!t->server->legacy_only && mcp_modern_is(&t->m, version))
    take_modern(t);
  else if (span_is(t->m.method, "server/discover"))
    /* A probe: whatever version its head names, it wants to know just this. */
    refuse(t, 200, MCP_METHOD_NOT_FOUND, "Method not found: ", t->m.method);
  else if (!greets && version.len > 0 && !is_legacy_version(version))
    refuse_version(t, version);
  else
    take_legacy(t);
}

static void take_notification(struct taking *t)
{
  struct span version = header(t, "MCP-Protocol-Version");
  bool modern = span_is(version, MCP_MODERN_VERSION) && !t->server->legacy_only;
  t->taken->modern = modern;
  if (version.len > 0 && !modern && !is_legacy_version(version)) {
    refuse_version(t, version);
    return;
  }
  t->taken->verdict = MCP_SILENT;
  struct span id = json_raw(json_get(t->m.params, "requestId"));
  /* in the modern era a call is cancelled by closing its stream */
  if (modern || id.len == 0 || !span_is(t->m.method, "notifications/cancelled"))
    return;
  t->taken->verdict = MCP_CANCEL;
  keep(&t->taken->call.id_json, id);
}

void mcp_take(const struct mcp_server *server, const struct http_request *head,
              struct span message, struct mcp_taken *taken)
{
  struct taking t = {.server = server, .head = head, .taken = taken};
  struct fault f = {0};
  *taken = (struct mcp_taken){.verdict = MCP_ANSWERED,
                              .status = 200,
                              .reply = buf_make(LIMIT_BRIDGE_REPLY_BYTES)};
  int code = mcp_message_read(&t.m, message, &f);
  if (code)
    refuse(&t, 400, code, "", span_of(f.text));
  /* to a question we never ask */
  else if (t.m.kind == MCP_RESPONSE)
    taken->verdict = MCP_SILENT;
  else if (t.m.kind == MCP_NOTIFICATION)
    take_notification(&t);
  else
    take_request(&t);
  mcp_message_free(&t.m);
}

void mcp_taken_free(struct mcp_taken *taken)
{
  buf_free(&taken->reply);
  mcp_call_free(&taken->call);
}

/* -- the answer to a call -- */

/* What the agent would not take, or its model not see, is mended. */
static void finish_ready(const struct mcp_call *call, struct span result,
                         struct span modern, struct buf *reply)
{
  const struct mcp_server *server = call->server;
  struct mcp_result_wish wish = {
      .structured = tool_offer_has_output_schema(server->offer, call->tool),
      .links = server->offer->needs & NEEDS_WORDS_FOR_LINKS,
      .structure = server->offer->needs & NEEDS_TEXT_OF_STRUCTURE,
      .some = server->offer->needs & NEEDS_SOME_STRUCTURE};
  struct buf mended = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  bool structured = mcp_result_mend(result, &wish, &mended);
  mcp_reply_ready(reply, buf_span(&call->id_json), modern,
                  mended.len > 0 ? buf_span(&mended) : result);
  if (mended.overflowed)
    reply->overflowed = true;
  buf_free(&mended);
  if (!structured && tool_offer_promises_structure(call->tool) && server->on_unstructured)
    server->on_unstructured(server->who, call->tool);
}

/* An MCP result: an object with a content array. */
static bool is_ready(const struct mcp_call *call, struct span result)
{
  return call->tool->result_is_mcp && json_slice_kind(result) == JSON_OBJECT &&
         json_slice_kind(json_slice(result, "content")) == JSON_ARRAY;
}

/* The one code to which 2026-07-28 gives an HTTP status of its own. */
static const char missing_capability[] = "-32021";

int mcp_finish(const struct mcp_call *call, const struct tool_answer *answer,
               struct buf *reply)
{
  struct span id = buf_span(&call->id_json);
  struct span modern = call->modern ? call->server->name : legacy;
  unsigned needs = call->server->offer->needs;
  if (answer->error.len > 0) {
    mcp_reply_raw_error(reply, id, answer->error);
    bool lacks = span_is(json_slice(answer->error, "code"), missing_capability);
    return call->modern && lacks ? 400 : 200;
  }
  if (answer->failure.len > 0)
    mcp_reply_text(reply, id, modern, answer->failure, false, MCP_TEXT_FAILED);
  else if (is_ready(call, answer->result))
    finish_ready(call, answer->result, modern, reply);
  else
    /* A string goes out in its own escapes, anything else as the text of its bytes. */
    mcp_reply_text(reply, id, modern, answer->result,
                   json_slice_kind(answer->result) == JSON_STRING,
                   needs & NEEDS_SOME_STRUCTURE ? MCP_TEXT_STRUCTURED : MCP_TEXT);
  if (reply->overflowed) {
    buf_clear(reply);
    mcp_reply_text(reply, id, modern,
                   SPAN_LITERAL("Tool execution failed: the result is too long"), false,
                   MCP_TEXT_FAILED);
  }
  return 200;
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
