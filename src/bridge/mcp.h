/* SPDX-License-Identifier: MIT */
/* mcp.h - the MCP conversation, without sockets.  Pure.
 *
 * mcp_take() reads one JSON-RPC message and says what to do.  Only tools/call needs the
 * outside world; everything else is answered on the spot.  A tool that failed is a result
 * with isError, never a JSON-RPC error and never a 5xx: some agents repeat the call on
 * those, and the tool would run twice.
 *
 * Wire: modelcontextprotocol.io, two eras on one endpoint.
 *   legacy  2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25; opened by `initialize`, which
 *           is not demanded: a call without it is served
 *   modern  2026-07-28; each request says so in params._meta and repeats itself in its
 *           HTTP head (mcp_modern.h)
 *
 * A request is modern when it carries the modern _meta, when its head names 2026-07-28
 * (unless it is an initialize), or when it is server/discover.  With `legacy_only`
 * nothing is modern: server/discover is then -32601 at once, for claude and grok probe
 * with it before initialize.  */
#ifndef BRIDGE_MCP_H
#define BRIDGE_MCP_H

#include "base/buf.h"
#include "http/http_parse.h"
#include "request/tool_offer.h"

enum mcp_verdict {
  MCP_ANSWERED, /* `reply` holds the whole JSON-RPC response */
  MCP_SILENT,   /* a notification or a stray response: HTTP 202, no body */
  MCP_CALL,     /* run `call`, then mcp_finish() */
  MCP_CANCEL    /* call.id_json names a call to give up; 202 */
};

struct mcp_server { /* what is served; borrowed */
  struct span name;
  const struct tool_offer *offer; /* the tools, and as what they are listed */
  bool legacy_only;
  /* A tool ran and gave no structuredContent though its outputSchema asks for it; may be
   * NULL. */
  void (*on_unstructured)(void *who, const struct tool *tool);
  void *who;
};

struct mcp_call { /* owned: copies of what must outlive the request body */
  struct buf id_json, args_json, progress_token_json;
  const struct tool *tool;         /* borrowed from tools */
  const struct mcp_server *server; /* outlives the call */
  bool modern;
};

struct mcp_taken {
  enum mcp_verdict verdict;
  struct buf reply;     /* of ANSWERED */
  int status;           /* HTTP, of ANSWERED */
  struct mcp_call call; /* of CALL and CANCEL */
  bool modern;
  bool greeted; /* an initialize was answered: a session may be minted */
  bool listed;  /* an initialize, discover or tools/list was answered */
};

/* `message` is one message (mcp_message.h takes arrays apart) in valid UTF-8.  `head` is
 * that of its HTTP request; NULL for an element of an array, whose head was looked at
 * before. */
void mcp_take(const struct mcp_server *server, const struct http_request *head,
              struct span message, struct mcp_taken *taken);
void mcp_taken_free(struct mcp_taken *taken);
/* The legacy revisions in which a body may be an array; an empty version counts as
 * 2025-03-26. */
bool mcp_takes_arrays(struct span version);

struct tool_answer; /* tool/tool_answer.h */
/* Writes the response to a call; returns its HTTP status. */
int mcp_finish(const struct mcp_call *call, const struct tool_answer *answer,
               struct buf *reply);
/* Writes notifications/progress with the call's token; `step` must increase. */
void mcp_progress(const struct mcp_call *call, unsigned step, struct buf *message);
void mcp_call_free(struct mcp_call *call);

#endif
