/* SPDX-License-Identifier: MIT */
/* server_message.h - what is said to the orchestrator's own MCP server, and what its
 * answers are.  Pure.
 *
 * The legacy era (2024-11-05 to 2025-11-25), which every server speaks: initialize,
 * notifications/initialized, tools/list page by page, tools/call.  Arguments, results and
 * tools keep their bytes.  */
#ifndef TOOL_SERVER_MESSAGE_H
#define TOOL_SERVER_MESSAGE_H

#include "base/buf.h"
#include "base/fault.h"

void server_message_initialize(unsigned id, struct buf *out);
void server_message_initialized(struct buf *out);
/* `cursor`: of the page before, raw JSON; empty: the first page. */
void server_message_list(unsigned id, struct span cursor, struct buf *out);
/* `call` is {"name":…,"args":…}. */
void server_message_call(unsigned id, struct span call, struct buf *out);

enum server_message_kind {
  SERVER_OTHER, /* a notification, a request of its own, an answer to somebody else */
  SERVER_RESULT,
  SERVER_ERROR
};

/* `text` is valid UTF-8.  `value` is the raw result, or the raw error object.  An error
 * without an id is the answer, too.  FAULT_BAD_INPUT: it is no JSON-RPC message. */
int server_message_read(struct span text, unsigned id, enum server_message_kind *kind,
                        struct span *value, struct fault *f);
/* The version that initialize settled on, as a header can have it; empty: none. */
struct span server_message_version(struct span result);
/* The tools of a page onto `list` (a JSON array that is not closed yet, "[" at first);
 * how many.  -1: the page is none. */
int server_message_page(struct span result, struct buf *list, struct span *cursor,
                        struct fault *f);
/* The call was refused before any tool ran: the request was wrong. */
bool server_message_did_not_run(struct span error);

#endif
