/* SPDX-License-Identifier: MIT */
/* bridge_request.h - a `start` frame as a run request (request/request_read.h).  Pure.
 *
 *   prompt              the prompt; of ACP hosts an array of {type:"text",text}
 *   model, effort,      the same
 *   maxTurns
 *   tools               toolDescriptors
 *   instructions        systemPrompts
 *   permissionMode      allow-all, allow-edits, allow-reads: bypassPermissions,
 *                       acceptEdits, default
 *   builtinToolFiltering  deny: disallowedTools; allow: refused
 *   responseFormat      its JSON schema: outputSchema; JSON without one: refused
 *   env                 the same
 *   resumeThreadId, or with `continue` or in a later turn the thread of the last one:
 *                       modelOptions.sessionId
 * A member of another type, or of a value that is not listed, is refused by its name.
 * What else is given and does something to other bridges is named in the warnings of
 * the turn (a raw JSON array, for stream-start).  */
#ifndef DOOR_BRIDGE_BRIDGE_REQUEST_H
#define DOOR_BRIDGE_BRIDGE_REQUEST_H

#include "base/buf.h"
#include "base/fault.h"

struct bridge_request_setup {
  struct span harness, run_id, thread_id;
  struct span session_id; /* of the turns before; empty: none */
};

/* `request` gets the JSON; `warnings` an array, or nothing. */
int bridge_request_write(struct span start_frame,
                         const struct bridge_request_setup *setup, struct buf *request,
                         struct buf *warnings, struct fault *f);

#endif
