/* SPDX-License-Identifier: MIT */
/* mcp_reply.h - writing JSON-RPC messages and MCP results.  Pure.
 *
 * A result of 2026-07-28 carries resultType and in _meta the name of the server: its
 * writers take that name as `modern`, which is empty for results of older revisions.  Ids
 * and what tools gave are copied as they are.  */
#ifndef BRIDGE_MCP_REPLY_H
#define BRIDGE_MCP_REPLY_H

#include "base/buf.h"
#include "base/json_write.h"

/* `id` empty: null.  `data` is raw JSON; empty: none. */
void mcp_reply_error(struct buf *out, struct span id, int code, struct span message,
                     struct span data);
/* `error` is a raw {"code","message",...}. */
void mcp_reply_raw_error(struct buf *out, struct span id, struct span error);
/* Up to and into the result object; mcp_reply_end() ends it. */
struct json_writer mcp_reply_begin(struct buf *out, struct span id, struct span modern);
void mcp_reply_end(struct json_writer *w);
enum mcp_text {
  MCP_TEXT,
  MCP_TEXT_FAILED,    /* isError */
  MCP_TEXT_STRUCTURED /* with a structuredContent that says nothing */
};
/* A tools/call result with one text: with `is_json` a raw JSON string already, else it
 * becomes one. */
void mcp_reply_text(struct buf *out, struct span id, struct span modern, struct span text,
                    bool is_json, enum mcp_text kind);
/* A tools/call result that is there already: a raw object with a content array. */
void mcp_reply_ready(struct buf *out, struct span id, struct span modern,
                     struct span result);
/* {"name","version"} of this server. */
void mcp_reply_server_info(struct json_writer *w, const char *key, struct span name);

#endif
