/* SPDX-License-Identifier: MIT */
/* server_post.h - one message to the orchestrator's MCP server, and the answer to it.  */
#ifndef TOOL_SERVER_POST_H
#define TOOL_SERVER_POST_H

#include "server_message.h"
#include "tool/tool_executor.h"

struct server_reply { /* all lent */
  /* No answer came: why, and whether the request may have arrived. */
  const struct fault *fault;
  bool maybe_sent;
  int status; /* not 2xx: `text` is the body */
  struct span text;
  enum server_message_kind kind; /* SERVER_OTHER: an answer without a message */
  struct span value;             /* of the message, in `text` */
  struct span session;           /* Mcp-Session-Id; empty: none */
  struct buf *memory;            /* what `text` lies in */
};
typedef void server_post_done(void *who, const struct server_reply *reply);

struct server_post;
/* `id`: of the message; 0: a notification, which is answered by a status alone.
 * `traceparent` empty: the source's.  `done` comes once, never from inside start or
 * cancel.  NULL and the reason: not started. */
struct server_post *server_post_start(const struct tool_source *source, unsigned id,
                                      struct span message, struct span traceparent,
                                      unsigned left_ms, server_post_done *done, void *who,
                                      struct fault *f);
void server_post_cancel(struct server_post *p); /* then FAULT_CANCELLED */

#endif
