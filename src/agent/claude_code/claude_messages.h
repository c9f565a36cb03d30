/* SPDX-License-Identifier: MIT */
/* claude_messages.h - the messages of Claude Code's model: streamed, whole, and begun
 * again.
 *
 *   stream_event (Messages API)
 *     message_start         the id of the message that streams from now on
 *     content_block_start   text, thinking: a message of that kind opens
 *     content_block_delta   of that kind: its delta; input_json, signature: nothing
 *     content_block_stop    it closes
 *   assistant, its blocks   whole messages, unless they are what has streamed
 *
 * Claude Code prints one `assistant` line for each content block, all with the message's
 * id.  A block of a line has streamed if the message that streams now has its id and has
 * a block of its kind that is not whole yet.  Ids alone do not tell: gateways use one for
 * several answers, of which one is streamed and the next is not.
 *
 * A message that breaks off is begun again, or gone on with, in a new one.  Claude Code
 * says which of its blocks are void (`abandoned_blocks`, beside any stream_event; on a
 * message_start they are those of the message before); older versions only by a made-up
 * `user` line, and then it is those that never became whole.  Of a block that is void the
 * message is named for clients to drop, and the tool call is interrupted, so that a
 * result is that of the call which took its place, whatever its id.  So it is with an
 * `assistant` line with an `error`, if a message follows it before the result.  */
#ifndef AGENT_CLAUDE_MESSAGES_H
#define AGENT_CLAUDE_MESSAGES_H

#include "base/json.h"
#include "event/event.h"

enum claude_block { CLAUDE_BLOCK_OTHER, CLAUDE_BLOCK_TEXT, CLAUDE_BLOCK_THINKING };

struct claude_opened; /* what was opened for a block of the message that streams now */

struct claude_messages {   /* zeroed at first */
  struct buf message;      /* the id of the one that streams now */
  bool streams;            /* there is one */
  enum claude_block block; /* what streams now */
  struct claude_opened *opened;
  size_t opened_count, opened_capacity;
  struct buf failed; /* the id of an assistant line with an error, as JSON */
};

/* True: a message begins. */
bool claude_messages_stream(struct claude_messages *m, const struct json *doc,
                            json_at root, struct events *events);
/* An `assistant` line: its text and thinking, and for each tool_use `on_call`, which
 * answers whether it became a tool call of the stream. */
void claude_messages_whole(struct claude_messages *m, const struct json *doc,
                           json_at root, struct events *events,
                           bool (*on_call)(void *who, json_at block), void *who);
/* A made-up `user` line makes the model answer once more. */
void claude_messages_asked_again(struct claude_messages *m, struct events *events);
/* The turn is over: nothing streams, and no error is void any more. */
void claude_messages_end(struct claude_messages *m, struct events *events);
void claude_messages_free(struct claude_messages *m);

#endif
