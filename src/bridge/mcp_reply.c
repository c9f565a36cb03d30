/* SPDX-License-Identifier: MIT */
/* mcp_reply.c - JSON-RPC written around what may be many MiB.
 *
 * The envelope is put together by hand, so that a tool's result is copied once, into a
 * buffer that has room for all of it.  */
#include "mcp_reply.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/version.h"
#include "request/bridge_address.h"

/* By hand, not by json_open(): what follows is often one big slice. */
static void put_head(struct buf *out, struct span id)
{
  buf_add_text(out, "{\"jsonrpc\":\"2.0\",\"id\":");
  buf_add(out, id.len > 0 ? id : SPAN_LITERAL("null"));
}

void mcp_reply_server_info(struct json_writer *w, const char *key, struct span name)
{
  json_open(w, key, '{');
  json_put_text(w, "name", name);
  json_put_text(w, "version", SPAN_LITERAL(RUNLET_VERSION));
  json_close(w, '}');
}

static void put_meta(struct json_writer *w, struct span server)
{
  json_open(w, "_meta", '{');
  mcp_reply_server_info(w, "io.modelcontextprotocol/serverInfo", server);
  json_close(w, '}');
}

void mcp_reply_error(struct buf *out, struct span id, int code, struct span message,
                     struct span data)
{
  put_head(out, id);
  buf_add_text(out, ",\"error\":");
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_int(&w, "code", code);
  json_put_text(&w, "message", message);
  if (data.len > 0)
    json_put_raw(&w, "data", data);
  json_close(&w, '}');
  buf_add_char(out, '}');
}

void mcp_reply_raw_error(struct buf *out, struct span id, struct span error)
{
  put_head(out, id);
  buf_add_text(out, ",\"error\":");
  buf_add(out, error);
  buf_add_char(out, '}');
}

struct json_writer mcp_reply_begin(struct buf *out, struct span id, struct span modern)
{
  put_head(out, id);
  buf_add_text(out, ",\"result\":");
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  if (modern.len > 0) {
    json_put_text(&w, "resultType", SPAN_LITERAL("complete"));
    put_meta(&w, modern);
  }
  return w;
}

void mcp_reply_end(struct json_writer *w)
{
  json_close(w, '}');
  buf_add_char(w->out, '}');
}

enum { ENVELOPE_BYTES = 400 }; /* about what stands around a text; more is no error */

void mcp_reply_text(struct buf *out, struct span id, struct span modern, struct span text,
                    bool is_json, enum mcp_text kind)
{
  /* All of it at once: a result of many MiB must not be copied while the buffer grows. */
  size_t length = is_json ? text.len : json_escaped_length(text);
  if (!buf_reserve(out, id.len + length + ENVELOPE_BYTES))
    return;
  struct json_writer w = mcp_reply_begin(out, id, modern);
  json_open(&w, "content", '[');
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("text"));
  if (is_json)
    json_put_raw(&w, "text", text);
  else
    json_put_text(&w, "text", text);
  json_close(&w, '}');
  json_close(&w, ']');
  if (kind == MCP_TEXT_FAILED)
    json_put_bool(&w, "isError", true);
  if (kind == MCP_TEXT_STRUCTURED)
    json_put_raw(&w, "structuredContent", SPAN_LITERAL("{}"));
  mcp_reply_end(&w);
}

void mcp_reply_ready(struct buf *out, struct span id, struct span modern,
                     struct span result)
{
  put_head(out, id);
  buf_add_text(out, ",\"result\":{");
  /* What the era demands and the tool did not say goes in front of the tool's bytes. */
  if (modern.len > 0 && json_slice(result, "resultType").len == 0)
    buf_add_text(out, "\"resultType\":\"complete\",");
  if (modern.len > 0 && json_slice(result, "_meta").len == 0) {
    buf_add_text(out, "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":");
    struct json_writer w = json_write_to(out);
    mcp_reply_server_info(&w, NULL, modern);
    buf_add_text(out, "},");
  }
  buf_add(out, span_after(span_trim(result), 1));
  buf_add_char(out, '}');
}
