/* SPDX-License-Identifier: MIT */
/* mcp_modern.c - the checks in the order of the header, and the two results that only
 * this revision has. */
#include "mcp_modern.h"

#include "base/limits.h"
#include "mcp_mirror.h"
#include "mcp_reply.h"

#define META_VERSION      "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"

/* For how long a client may keep what we list.  Tools and versions do not change while
 * the run lives; they are "private", this agent's alone. */
enum { TIME_TO_LIVE_MS = 3600000 };

bool mcp_modern_is(const struct mcp_message *m, struct span header_version)
{
  if (json_get(json_get(m->params, "_meta"), META_VERSION))
    return true;
  /* whatever its head says: some clients name a version there already */
  if (span_is(m->method, "initialize"))
    return false;
  return span_is(m->method, "server/discover") ||
         span_is(header_version, MCP_MODERN_VERSION);
}

/* Every refusal of this revision is a 400 with the JSON-RPC error as its body. */
static bool refuse(const struct mcp_message *m, int code, struct span message,
                   struct buf *reply, int *status)
{
  mcp_reply_error(reply, m->id, code, message, (struct span){0});
  *status = 400;
  return false;
}

static bool refuse_version(const struct mcp_message *m, struct span versions,
                           struct span asked, struct buf *reply, int *status)
{
  struct buf data = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  struct json_writer w = json_write_to(&data);
  json_open(&w, NULL, '{');
  json_put_raw(&w, "supported", versions);
  json_put_text(&w, "requested", asked);
  json_close(&w, '}');
  mcp_reply_error(reply, m->id, MCP_UNSUPPORTED_VERSION,
                  SPAN_LITERAL("Unsupported protocol version"), buf_span(&data));
  buf_free(&data);
  *status = 400;
  return false;
}

bool mcp_modern_check(const struct mcp_message *m, const struct http_request *head,
                      struct span versions, struct buf *reply, int *status)
{
  struct fault f = {0};
  json_at meta = json_get(m->params, "_meta");
  struct span version = mcp_message_text(m, meta, META_VERSION);
  if (mcp_mirror_check(head, "Mcp-Method", false, m->method, &f) < 0)
    return refuse(m, MCP_HEADER_MISMATCH, span_of(f.text), reply, status);
  if (!version.at)
    return refuse(m, MCP_INVALID_PARAMS,
                  SPAN_LITERAL("Invalid params: _meta must have " META_VERSION), reply,
                  status);
  if (json_kind(json_get(meta, META_CAPABILITIES)) != JSON_OBJECT)
    return refuse(m, MCP_INVALID_PARAMS,
                  SPAN_LITERAL("Invalid params: _meta must have " META_CAPABILITIES),
                  reply, status);
  if (mcp_mirror_check(head, "MCP-Protocol-Version", false, version, &f) < 0)
    return refuse(m, MCP_HEADER_MISMATCH, span_of(f.text), reply, status);
  if (!span_is(version, MCP_MODERN_VERSION))
    return refuse_version(m, versions, version, reply, status);
  struct span name = mcp_message_text(m, m->params, "name");
  if (span_is(m->method, "tools/call") && name.at &&
      mcp_mirror_check(head, "Mcp-Name", true, name, &f) < 0)
    return refuse(m, MCP_HEADER_MISMATCH, span_of(f.text), reply, status);
  return true;
}

bool mcp_modern_check_call(const struct mcp_message *m, const struct http_request *head,
                           const struct tool *tool, struct span args, struct buf *reply,
                           int *status)
{
  struct fault f = {0};
  if (mcp_mirror_check_params(head, tool->input_schema, args, &f) < 0)
    return refuse(m, MCP_HEADER_MISMATCH, span_of(f.text), reply, status);
  return true;
}

static void close_cacheable(struct json_writer *w)
{
  json_put_int(w, "ttlMs", TIME_TO_LIVE_MS);
  json_put_text(w, "cacheScope", SPAN_LITERAL("private"));
  mcp_reply_end(w);
}

void mcp_modern_discover(struct span id, struct span server_name, struct span versions,
                         struct buf *reply)
{
  struct json_writer w = mcp_reply_begin(reply, id, server_name);
  json_put_raw(&w, "supportedVersions", versions);
  json_put_raw(&w, "capabilities", SPAN_LITERAL("{\"tools\":{}}"));
  close_cacheable(&w);
}

void mcp_modern_list(struct span id, struct span server_name, struct span tools_json,
                     struct buf *reply)
{
  struct json_writer w = mcp_reply_begin(reply, id, server_name);
  json_put_raw(&w, "tools", tools_json);
  close_cacheable(&w);
}
