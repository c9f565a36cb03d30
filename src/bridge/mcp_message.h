/* SPDX-License-Identifier: MIT */
/* mcp_message.h - text to one JSON-RPC 2.0 message.  Pure.
 *
 * Ids, arguments, progress tokens and request ids stay the sender's own bytes: 0, "1" and
 * 1 are three ids.  An id is a string or a whole number; MCP refuses all else.  Bytes
 * that are no UTF-8 become U+FFFD before anything is read.  */
#ifndef BRIDGE_MCP_MESSAGE_H
#define BRIDGE_MCP_MESSAGE_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"

enum {
  MCP_PARSE_ERROR = -32700,
  MCP_INVALID_REQUEST = -32600,
  MCP_METHOD_NOT_FOUND = -32601,
  MCP_INVALID_PARAMS = -32602,
  /* An HTTP head that this server does not serve; the code is that of the SDK. */
  MCP_UNSUPPORTED = -32000,
  MCP_HEADER_MISMATCH = -32020, /* this and the next: 2026-07-28 */
  MCP_UNSUPPORTED_VERSION = -32022
};

enum mcp_kind { MCP_REQUEST, MCP_NOTIFICATION, MCP_RESPONSE };

struct mcp_message { /* borrows its text; mcp_message_free() in every case */
  struct json *doc;
  enum mcp_kind kind;
  struct span id;     /* raw JSON, also of a refused message; empty if it has none */
  struct span method; /* not of a response */
  json_at params;     /* an object, or NULL */
  bool odd_params;    /* there are params, and they are no object */
};

/* `text` is valid UTF-8.  Returns 0, or the JSON-RPC code of what is wrong with it, and
 * the words in `f`. */
int mcp_message_read(struct mcp_message *m, struct span text, struct fault *f);
void mcp_message_free(struct mcp_message *m);
/* The text member `key` of `object`; its `at` is NULL when it is absent or no string. */
struct span mcp_message_text(const struct mcp_message *m, json_at object,
                             const char *key);

/* The body is an array of messages (2025-03-26 has them). */
bool mcp_message_is_array(struct span text);
/* Walks an array of checked JSON: cuts the next element off `rest`, which first is the
 * whole text. False: there is none left. */
bool mcp_message_next(struct span *rest, struct span *element);

#endif
