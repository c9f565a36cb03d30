/* SPDX-License-Identifier: MIT */
/* mcp_post.h - one POST of the agent that calls tools, from its messages to its answer.
 *
 * Its parts are messages: one, or those of a 2025-03-26 array; each is answered already
 * or is a call under way.  How it is answered:
 *   all are there within hold_ms   plain JSON with Content-Length, or one whole event
 *                                  stream for a client that takes nothing else
 *   later, the client takes SSE    an event stream whose head leaves at once, for clients
 *                                  give up at 60 s without one; each progress_ms a
 *                                  progress notification for each open call that has a
 *                                  token, or a comment; each response as it comes
 *   later, it takes JSON alone     the same times with a chunked JSON body and blanks in
 *                                  front of it
 *   the agent hangs up             modern calls are cancelled at once (2026-07-28 demands
 *                                  it), legacy ones after LIMIT_BRIDGE_GONE_MS, for
 *                                  nobody could collect their result
 *
 * `on_end` comes once, never from inside mcp_post_start(), when every call has had its
 * answer; the post frees itself after it.  */
#ifndef BRIDGE_MCP_POST_H
#define BRIDGE_MCP_POST_H

#include "mcp.h"
#include "tool/tool_call.h"

struct uv_loop_s;
struct http_exchange;
struct mcp_post;

struct mcp_post_setup {
  struct uv_loop_s *loop;
  const struct tool_route *route; /* outlives the post */
  unsigned hold_ms, progress_ms;
  size_t parts; /* how many messages may be added */
  bool is_array, modern;
  int session; /* sessions.h */
  void (*on_end)(void *who, struct mcp_post *p);
  void *who;
};

/* What the client's Accept headers let us send; without one, or with a wildcard, JSON. */
struct mcp_post_accepts {
  bool json, sse;
};
struct mcp_post_accepts mcp_post_accepts_read(const struct http_request *head);

struct mcp_post *mcp_post_new(const struct mcp_post_setup *setup);
void mcp_post_add_reply(struct mcp_post *p, struct buf *reply);    /* taken */
void mcp_post_add_call(struct mcp_post *p, struct mcp_call *call); /* taken */
/* Starts the calls; from here on the post answers `x`.  False: there was no call, `x` is
 * answered (with 202 if there is nothing to say) and the post is gone, without on_end. */
bool mcp_post_start(struct mcp_post *p, struct http_exchange *x);
unsigned mcp_post_open_calls(const struct mcp_post *p);
/* How many calls of that id are open. */
unsigned mcp_post_count(const struct mcp_post *p, int session, struct span id);
/* The client gave these up: they are cancelled, and there will be no response. */
void mcp_post_cancel(struct mcp_post *p, struct span id);
void mcp_post_cancel_all(struct mcp_post *p);

/* Sends an answer that is there already: JSON, or the one event of a whole stream. */
void mcp_post_reply_whole(struct http_exchange *x, struct mcp_post_accepts accepts,
                          int status, struct span json, struct span session_id);

#endif
