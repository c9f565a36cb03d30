/* SPDX-License-Identifier: MIT */
/* run_messages.h - the conversation of a request: ModelMessage[] to texts.
 *
 * Wire: {role, content: string | null | [{type:"text", content}, ...], toolCalls?,
 * toolCallId?}; AG-UI's {type:"text", text} too, and an assistant's message without
 * content.  Parts of other types carry no text: those of the user are listed, so that
 * they are passed on or missed with a word.  What system and developer say goes to the
 * system prompts, in order.  A turn in which another harness had recorded its own tool
 * calls (each toolCalls[].metadata.sandboxObserved is true) is left out together with the
 * results that follow it, as TanStack's runner does: so there may be fewer messages than
 * were sent, even none.  For request_read.c only.  */
#ifndef REQUEST_RUN_MESSAGES_H
#define REQUEST_RUN_MESSAGES_H

#include "request/run_request.h"
#include "request_fields.h"

/* Fills req->messages, parts and system_prompts.  FAULT_BAD_INPUT "run request: messages
 * must be a non-empty ModelMessage[]". */
int run_messages_read(const struct fields *r, json_at messages, struct run_request *req);

#endif
